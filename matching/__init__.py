"""Who is who among supplier records: scored pairs with their evidence, and golden identities that stay.

Pure Python and Splink on DuckDB. Records come in as a table of plain columns (`records`), results go out as
tables and values; no system's field name, no file of a landscape and no clock is known here.
"""
