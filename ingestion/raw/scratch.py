"""Rows too many for memory: Parquet files in a folder of the home that lives as long as its run.

Up to `IN_MEMORY` rows stay an Arrow table; beyond that they are written down in portions and read back in
portions. A folder that a killed run left behind is removed by the next one, which sees that nobody holds its
lock.
"""

import fcntl
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TypeAlias

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.formats.content import Content, Shelf, kept

# Rows of one portion, and rows of one table that wait in memory before they are written down.
PORTION = 50_000
IN_MEMORY = 150_000
# What a database may hold in memory while rows pass through it.
MEMORY = "400MB"
_LOCK = ".lock"
# What says the same in many rows is worth a dictionary.
_REPEATED = ("_source_instance", "_batch_id", "_file_name", "_extension", "_dlt_load_id")


class Scratch:
    """The folder of one run below `HOME/scratch`; made when it is first needed."""

    def __init__(self, home: Path) -> None:
        self._parent = home / "scratch"
        self._folder: Path | None = None
        for left in self._parent.glob("*"):
            _remove_if_left(left)

    @property
    def folder(self) -> Path:
        if self._folder is None:
            self._parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder = Path(tempfile.mkdtemp(dir=self._parent))
            unlocked = self._folder / f"{_LOCK}.new"
            lock = os.open(unlocked, os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX)
            unlocked.rename(self._folder / _LOCK)
            weakref.finalize(self, _remove, self._folder, lock)
        return self._folder

    def new_path(self) -> Path:
        """A place for a file that does not exist yet."""
        handle, name = tempfile.mkstemp(suffix=".parquet", dir=self.folder)
        os.close(handle)
        return Path(name)

    def keep(self, source: BinaryIO) -> Content:
        """The bytes of a stream, for as long as somebody asks for them."""
        with source:
            return kept(source, lambda: self.folder)

    def shelf(self) -> Shelf:
        """A place for the many payloads of one source."""
        return Shelf(lambda: self.folder)


class SpilledRows:
    """Rows in one Parquet file, in their order; the file goes when nobody asks for them any more."""

    def __init__(self, path: Path, schema: pa.Schema, num_rows: int) -> None:
        self.path, self.schema, self.num_rows = path, schema, num_rows
        weakref.finalize(self, path.unlink, missing_ok=True)


# Rows of one table: few in memory, many in a file.
Rows: TypeAlias = pa.Table | SpilledRows


class RowsBuilder:
    """Gathers the portions of one table; `rows` ends it."""

    def __init__(self, schema: pa.Schema, scratch: Scratch) -> None:
        self._schema, self._scratch = schema, scratch
        self._waiting: list[pa.Table] = []
        self._count = self._written = 0
        self._path: Path | None = None
        self._writer: pq.ParquetWriter | None = None

    def add(self, portion: pa.Table) -> None:
        self._waiting.append(portion)
        self._count += portion.num_rows
        if self._count - self._written > (IN_MEMORY if self._writer is None else PORTION):
            self._write_down()

    def rows(self) -> Rows:
        if self._writer is None or self._path is None:
            return pa.concat_tables([self._schema.empty_table(), *self._waiting])
        self._write_down()
        self._writer.close()
        return SpilledRows(self._path, self._schema, self._count)

    def _write_down(self) -> None:
        if self._writer is None:
            self._path = self._scratch.new_path()
            self._writer = written(self._path, self._schema)
        for portion in self._waiting:
            self._writer.write_table(portion)
        self._written = self._count
        self._waiting.clear()


def written(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """A writer of rows that are soon read again."""
    return pq.ParquetWriter(
        path,
        schema,
        compression="lz4",
        use_dictionary=[name for name in _REPEATED if name in schema.names],
        write_statistics=False,
    )


def portions(rows: Rows, columns: list[str] | None = None) -> Iterator[pa.Table]:
    """The rows in their order, in pieces that fit into memory; at least one, which may be empty."""
    if isinstance(rows, pa.Table):
        yield rows.select(columns) if columns else rows
        return
    with pq.ParquetFile(rows.path, pre_buffer=False) as file:
        for batch in file.iter_batches(PORTION, columns=columns, use_threads=False):
            yield pa.Table.from_batches([batch])


def chosen(rows: Rows, mask: np.ndarray, columns: list[str] | None = None) -> Iterator[pa.Table]:
    """The rows whose place in `mask` is true, in portions; none for a portion without any."""
    start = 0
    for portion in portions(rows, columns):
        kept = mask[start : start + portion.num_rows]
        start += portion.num_rows
        if kept.all():
            yield portion
        elif kept.any():
            yield portion.filter(pa.array(kept))


def registered(connection: duckdb.DuckDBPyConnection, name: str, rows: Rows, columns: list[str]) -> None:
    """Makes some columns of the rows a view, with `_order`, the place of each row from 0."""
    connection.execute(f"drop view if exists {name}")
    if isinstance(rows, pa.Table):
        order = pa.array(np.arange(rows.num_rows))
        connection.register(name, rows.select(columns).append_column("_order", order))
        return
    wanted = ", ".join(f'"{column}"' for column in columns)
    source = f"read_parquet('{rows.path}', file_row_number = true)"
    connection.execute(f"create temp view {name} as select {wanted}, file_row_number as _order from {source}")


def bounded(scratch: Scratch) -> duckdb.DuckDBPyConnection:
    """A database of its own for many rows: what does not fit into `MEMORY` goes to the scratch folder."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET threads = 2")
    connection.execute(f"SET memory_limit = '{MEMORY}'")
    connection.execute(f"SET temp_directory = '{scratch.folder}'")
    return connection


def _remove(folder: Path, lock: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)


def _remove_if_left(folder: Path) -> None:
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR)
    except OSError:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return
    _remove(folder, lock)
