"""The assets by step: landing, raw, transform, state, serving, delivery. Each calls one room and reports."""
