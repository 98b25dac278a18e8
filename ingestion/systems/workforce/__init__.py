"""The workforce and finance service: its spec and the WSDL of the two operations that are read."""
