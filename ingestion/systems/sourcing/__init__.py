"""The sourcing system: contracts and price files, as it publishes them."""
