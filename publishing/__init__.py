"""Everything outbound: the delivery ledger, idempotent delivery to target systems, the serving copy.

Payloads are made by `out_` models and pass a posting gate before they come here; this room only decides what
is new, sends it once, and remembers what the target answered. No payload rule and no field logic; it is
called by the Dagster assets and the command line.
"""
