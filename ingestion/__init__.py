"""Everything inbound: land payloads from the wire, check them against their specs, load versions to raw.

Pure Python and dlt; imports no other room. `pipelines` is the door for orchestration.
"""
