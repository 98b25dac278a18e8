"""What a source promised and what it sends: the check of each row, drift, published lists, rows kept out.

A verdict on rows and columns; what becomes of a batch is decided in `holding`.
"""
