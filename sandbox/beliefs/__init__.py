"""What each system believes about the documents: one module a system, truth in, wire-named columns out.

A column is named by its path on the wire (`supplier.number`, `custom-fields.facility`), so that a server
renders records without knowing any field. Faults have already edited the documents when this room is called.
"""
