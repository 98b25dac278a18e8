"""Servers that play the source and target systems, one module a system, on the files of a generated world.

They speak the protocols of the real applications and can be told to misbehave (`chaos.py`); what they serve
was decided by the generator. `sandbox.serve` starts and stops them together.
"""
