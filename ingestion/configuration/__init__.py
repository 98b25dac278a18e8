"""What a health system says about itself: landscape, governed parameters, connections, secrets by reference.

Read once, checked with file, line and remedy, handed on as values; nothing here opens a source.
"""
