"""Orchestration only: every step an asset with owner, group, checks and edges.

Rules live in dbt and at the edges.
"""
