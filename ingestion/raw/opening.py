"""Opens the warehouse. One process at a time may write it: every connection is closed before dbt starts.

Opening reads the whole catalog, a tenth of a second for the raw tables alone, and a load opens a dozen times,
dlt included. Within `held` the file stays open, and whoever opens it in this process shares what was read.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from ingestion.raw.scratch import MEMORY

# A newer one would lock out readers of the pinned DuckDB.
STORAGE_VERSION = "v1.5.0"
# What is held; None before it is opened, and while somebody else has it.
_HELD: dict[Path, duckdb.DuckDBPyConnection | None] = {}


def made(path: Path) -> None:
    """A new warehouse in a form that packs text faster than the one DuckDB takes by itself."""
    path.parent.mkdir(parents=True, exist_ok=True)
    duckdb.connect(str(path), config={"storage_compatibility_version": STORAGE_VERSION}).close()


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Keeps a warehouse open, from the first time that it is opened inside, for writing."""
    if path in _HELD:
        yield
        return
    _HELD[path] = None
    try:
        yield
    finally:
        let_go(path)
        del _HELD[path]


def keep_open(path: Path) -> None:
    """Opens a warehouse that is held, so that a connection of somebody else in this process shares it."""
    if path in _HELD and _HELD[path] is None:
        # Without options, like dlt: DuckDB shares a file among equal connections only.
        _HELD[path] = duckdb.connect(str(path))


def let_go(path: Path) -> None:
    """Closes a warehouse that is held, for a database that attaches the file."""
    if connection := _HELD.get(path):
        connection.close()
        _HELD[path] = None


@contextmanager
def opened(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    path.parent.mkdir(parents=True, exist_ok=True)
    keep_open(path)
    shared = _HELD.get(path)
    with shared.cursor() if shared else duckdb.connect(str(path), read_only=read_only) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        # dlt's loads turn it off, for all who share the file.
        connection.execute("SET preserve_insertion_order = true")
        yield connection
