"""What a health system says about itself: landscape, governed parameters, connections, where secrets come from.

Read once, checked with file, line and remedy, handed on as values; nothing here opens a source.
"""
