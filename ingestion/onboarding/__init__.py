"""A proposal how an unknown extract enters, from a sample; a person goes on from there."""
