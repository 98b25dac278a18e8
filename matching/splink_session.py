"""The one place that opens DuckDB for matching and hands tables to Splink."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
from splink import DuckDBAPI, Linker

logging.getLogger("splink").setLevel(logging.ERROR)
THREADS = 2


@contextmanager
def connected(threads: int = THREADS, memory_limit: str = "8GB") -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory database that is gone afterwards."""
    with duckdb.connect() as connection:
        connection.execute(f"set threads = {threads}")
        connection.execute(f"set memory_limit = '{memory_limit}'")
        yield connection


def linker_of(connection: duckdb.DuckDBPyConnection, settings: dict[str, Any], table: str) -> Linker:
    """A linker over a table of the connection."""
    return Linker(DuckDBAPI(connection=connection).register(table), settings, log_level=None)
