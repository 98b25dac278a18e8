"""A simulated health system whose truth is known.

Here live a seeded generator of procure-to-pay life with labelled faults, servers that speak the real
protocols of the source systems, and the score that compares findings with the labels. Nothing here imports
a rule or a constant of another room; only `tests/`, `benchmarks/` and the command line may import it.
"""
