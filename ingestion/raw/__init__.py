"""The raw schemas: which rows are new versions, which keys are gone, and how they get into the warehouse.

Insert-only, by batch, repeatable; reads the landing copy through `reading`.
"""
