"""How payloads are read: each kind of file and answer as rows of text cells, in portions where it is large.

No field of any system is named here; which columns there are comes from the spec.
"""
