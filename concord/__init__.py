"""The command line: runs the refresh, starts the sandbox for the demo, reads the serving copy.

No rules here.
"""
