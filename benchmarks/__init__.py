"""Measures what we claim about speed and memory, each figure against a reference in the same run."""
