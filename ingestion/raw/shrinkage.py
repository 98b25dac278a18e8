"""How far a snapshot shrank: in different keys beside the last accepted one, and in living keys it lacks.

Rows alone do not tell: a file may repeat half of its keys, or bring as many that nobody has seen (leading
zeros lost on the way). Keys are counted in a database of its own, since all of them may not fit into memory.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import duckdb
import pyarrow as pa

from ingestion.raw.scratch import Rows, registered


class Size(NamedTuple):
    """Rows of a snapshot that kept the contract, and the different keys among them where counted."""

    rows: int
    keys: int | None

    def __str__(self) -> str:
        return f"{self.rows:,} good rows" if self.keys is None else f"{self.keys:,}"


@dataclass(frozen=True)
class Shrinkage:
    """The newest snapshot of a table beside the last accepted one and beside what raw has.

    `previous` is None for the first of a table; rows are compared where its keys were not counted. Of `known`
    living keys the snapshot would delete `absent`: none where absent is not deleted.
    """

    table: str
    size: Size
    previous: Size | None
    absent: int
    known: int
    max_drop: Decimal

    @property
    def is_smaller(self) -> bool:
        """True when it has too few keys (rows) beside the last accepted one."""
        if self.previous is None:
            return False
        before, now = self.previous.keys, self.size.keys
        if before is None or now is None:
            before, now = self.previous.rows, self.size.rows
        return now < before * (1 - self.max_drop)

    @property
    def is_lossy(self) -> bool:
        """True when it would delete too many of the living keys."""
        return self.absent > self.known * self.max_drop

    @property
    def is_too_much(self) -> bool:
        return self.is_smaller or self.is_lossy

    def __str__(self) -> str:
        has = f"the snapshot of {self.table} has {self.size.keys or 0:,} keys in {self.size.rows:,} good rows"
        if self.is_smaller:
            has += f", the last accepted one {self.previous}: more than {self.max_drop:.1%} fewer"
        if self.is_lossy:
            has += (
                f"; it lacks {self.absent:,} of the {self.known:,} keys known: more than {self.max_drop:.1%}"
                " would be deleted"
            )
        return has


class SnapshotKeys:
    """The snapshots of one table in their order against the living keys: those of raw (`known`) at first."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, known: pa.Table | None) -> None:
        self._connection = connection
        connection.execute("create or replace temp table living (_row_key varchar)")
        if known is not None:
            connection.register("known", known)
            connection.execute("insert into living select _row_key from known where not _is_deleted")
            connection.unregister("known")

    def read(self, rows: Rows | None, name: str) -> Size:
        """Turns to one snapshot among the rows; a read of pages (no name) is one whatever its pages are."""
        execute = self._connection.execute
        execute("create or replace temp table present (_row_key varchar, _is_deleted boolean)")
        if rows is None:
            return Size(0, 0)
        registered(self._connection, "snapshot", rows, ["_row_key", "_file_name", "_is_deleted"])
        of_it = "from snapshot where $name = '' or _file_name = $name"
        execute(
            f"insert into present select _row_key, arg_max(_is_deleted, _order) {of_it} group by _row_key",
            {"name": name},
        )
        row_count = execute(f"select count(*) {of_it}", {"name": name}).fetchall()[0][0]
        return Size(row_count, execute("select count(*) from present").fetchall()[0][0])

    def losses(self, rejected: pa.Array) -> tuple[int, int]:
        """How many living keys the snapshot lacks, and of how many. A rejected row is no missing row."""
        self._connection.register("rejected", pa.table({"_row_key": rejected}))
        absent, known = (
            self._connection.execute(f"select count(*) from living {lacking}").fetchall()[0][0]
            for lacking in ("anti join present using (_row_key) anti join rejected using (_row_key)", "")
        )
        return absent, known

    def settle(self, *, deletes: bool) -> None:
        """What lives once the snapshot is loaded. `losses` said before which keys were rejected."""
        execute = self._connection.execute
        if deletes:
            execute(
                "delete from living where _row_key not in"
                " (select _row_key from present union all select _row_key from rejected)"
            )
        execute("delete from living where _row_key in (select _row_key from present)")
        execute("insert into living select _row_key from present where not _is_deleted")


def last_sizes(rows: Mapping[str, int], keys: Mapping[str, int]) -> dict[str, Size]:
    """Sizes by table; what an earlier release accepted has no keys."""
    return {table: Size(count, keys.get(table)) for table, count in rows.items()}
