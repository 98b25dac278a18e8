"""Great Expectations suites for the two edges: what lands and what leaves.

The suites are reviewed data (`suites/*.yaml`); the code here only loads them, runs them over Arrow tables
in an ephemeral context and returns plain frozen results. Checks on conformed models belong to dbt, holding
a batch or a row to the caller; nothing of ours is imported, and Great Expectations only inside functions.
"""
