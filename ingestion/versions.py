"""Which checked rows are new versions: a row is one when its hash differs from the version it follows.

Versions of a key follow the source's version, then its time, then the order of arrival. So A, B, A is three
versions and an unchanged row is none. A row that the source had already replaced when it arrived is late: it
is kept once, and the version it would have come before stays current.

What is known of a table stands in a database that need not fit into memory (`scratch.bounded`); what was
decided about rows is kept as arrays by their place.
"""

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from ingestion.scratch import Rows, chosen, registered

# Per key the version that counts, with the highest number given so far, not its own.
CURRENT = (
    ("_row_key", "varchar"),
    ("_version", "bigint"),
    ("_record_hash", "varchar"),
    ("_source_version", "bigint"),
    ("_source_updated_at", "timestamp"),
    ("_is_deleted", "boolean"),
)
# The hashes of all other versions.
SUPERSEDED = (("_row_key", "varchar"), ("_record_hash", "varchar"))
COMPARED = ["_row_key", "_record_hash", "_source_version", "_source_updated_at", "_is_deleted"]
NEWEST_FIRST = "_source_version desc nulls last, _source_updated_at desc nulls last, _version desc"

# Most rows need no ordering: their key is new, or they say what is known already. A key that is taken for a
# repeated one is only looked at more closely.
NEW, KNOWN_ALREADY, TO_ORDER = 0, 1, 2
KINDS = f"""
    with repeated as (select hash(_row_key) as place from candidate group by place having count(*) > 1)
    select
        candidate._order,
        case
            when repeated.place is not null then {TO_ORDER}
            when held._row_key is null then {NEW}
            when candidate._record_hash = held._record_hash then {KNOWN_ALREADY}
            else {TO_ORDER}
        end::utinyint as kind
    from candidate
    left join {{held}} as held on candidate._row_key = held._row_key
    left join repeated on hash(candidate._row_key) = repeated.place
"""

NUMBERED = """
    with to_order as (select candidate.* from candidate semi join picked using (_order)),
    mine as (select held.* from {held} as held semi join to_order using (_row_key)),
    arrived as (
        select _row_key, _record_hash, _source_version, _source_updated_at, _order from to_order
        union all
        select _row_key, _record_hash, _source_version, _source_updated_at, -1 as _order from mine
    ),
    ordered as (
        select
            _row_key,
            _order,
            _record_hash,
            lag(_record_hash) over oldest_first as hash_before,
            row_number() over oldest_first as place,
            max(case when _order = -1 then 1 else 0 end) over (partition by _row_key)
                > max(case when _order = -1 then 1 else 0 end) over oldest_first as is_late
        from arrived
        window oldest_first as (
            partition by _row_key
            order by _source_version nulls first, _source_updated_at nulls first, _order
        )
    ),
    fresh as (
        select ordered.*, coalesce(mine._version, 0) as held_version
        from ordered
        left join mine on ordered._row_key = mine._row_key
        where
            ordered._order >= 0
            and ordered._record_hash is distinct from ordered.hash_before
            and not (
                ordered.is_late
                and (
                    ordered._record_hash = mine._record_hash
                    or exists (
                        select 1 from {superseded} as superseded
                        where
                            superseded._row_key = ordered._row_key
                            and superseded._record_hash = ordered._record_hash
                    )
                )
            )
    )
    select
        _order, is_late,
        held_version + row_number() over (partition by _row_key order by place) as _version
    from fresh
"""

# The versions of the keys that something was added to, each with what it is now.
AFTER = f"""
    with several as (
        select * from {{held}} semi join added using (_row_key)
        union all by name
        select * from added
    )
    select
        _row_key, _record_hash, _source_version, _source_updated_at, _is_deleted,
        max(_version) over (partition by _row_key) as _version,
        row_number() over (partition by _row_key order by {NEWEST_FIRST}) = 1 as is_current
    from several
"""

TOMBSTONES = f"""
    with latest as (
        select versions.* from versions semi join absent using (_row_key)
        qualify row_number() over (partition by _row_key order by {NEWEST_FIRST}) = 1
    )
    select
        latest.* replace (
            true as _is_deleted,
            sha256(latest._record_hash || '|absent') as _record_hash,
            held._version + 1 as _version
        )
    from latest
    inner join {{held}} as held on latest._row_key = held._row_key
"""


@dataclass(frozen=True)
class Decided:
    """What each row is, by its place: its number as a version (0 for none), and whether it is late."""

    kind: np.ndarray
    version: np.ndarray
    is_late: np.ndarray

    @property
    def is_new(self) -> np.ndarray:
        return self.version > 0

    @property
    def new_rows(self) -> int:
        return int(np.count_nonzero(self.version))

    @property
    def late_rows(self) -> int:
        return int(np.count_nonzero(self.is_late))


class Known:
    """What an instance's table holds: the current version of each key, and the hashes of the others."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: str) -> None:
        self._connection = connection
        self._names = {"held": f'"held_{table}"', "superseded": f'"superseded_{table}"'}
        for name, columns in (("held", CURRENT), ("superseded", SUPERSEDED)):
            body = ", ".join(f"{column} {kind}" for column, kind in columns)
            connection.execute(f"create or replace table {self._names[name]} ({body})")

    def learn(self, versions: str) -> None:
        """Takes in the rows of a relation that says of each version whether it `is_current`."""
        for name, columns, condition in (
            ("held", CURRENT, "is_current"),
            ("superseded", SUPERSEDED, "not is_current"),
        ):
            wanted = ", ".join(column for column, _ in columns)
            self._connection.execute(
                f"insert into {self._names[name]} select {wanted} from {versions} where {condition}"
            )

    def decide(self, rows: Rows) -> Decided:
        """Which rows are new versions."""
        registered(self._connection, "candidate", rows, COMPARED)
        kinds = np.zeros(rows.num_rows, np.uint8)
        for batch in self._connection.execute(KINDS.format(**self._names)).to_arrow_reader(1 << 16):
            kinds[batch.column("_order").to_numpy()] = batch.column("kind").to_numpy()
        decided = Decided(kinds, (kinds == NEW).astype(np.int32), np.zeros(rows.num_rows, bool))
        picked = np.flatnonzero(kinds == TO_ORDER)
        if len(picked):
            self._connection.register("picked", pa.table({"_order": picked}))
            for batch in self._connection.execute(NUMBERED.format(**self._names)).to_arrow_reader(1 << 16):
                at = batch.column("_order").to_numpy()
                decided.version[at] = batch.column("_version").to_numpy()
                decided.is_late[at] = batch.column("is_late").to_numpy(zero_copy_only=False)
            self._connection.unregister("picked")
        return decided

    def add(self, rows: Rows, decided: Decided) -> None:
        """Takes in the rows that were decided to be new, for what comes after them."""
        for portion in chosen(rows, decided.kind == NEW, COMPARED):
            first = pa.repeat(pa.scalar(1, pa.int64()), portion.num_rows)
            self._insert(self._names["held"], portion.append_column("_version", first))
        ordered = decided.is_new & (decided.kind == TO_ORDER)
        if ordered.any():
            numbers, start = decided.version[ordered].astype(np.int64), 0
            self._begin()
            for portion in chosen(rows, ordered, COMPARED):
                versions = pa.array(numbers[start : start + portion.num_rows])
                self._insert("added", portion.append_column("_version", versions))
                start += portion.num_rows
            self._merge()

    def add_versions(self, added: pa.Table) -> None:
        """The same for rows that have their `_version`."""
        self._begin()
        self._insert("added", added)
        self._merge()

    def _begin(self) -> None:
        body = ", ".join(f"{column} {kind}" for column, kind in CURRENT)
        self._connection.execute(f"create or replace temp table added ({body})")

    def _insert(self, into: str, rows: pa.Table) -> None:
        names = [name for name, _ in CURRENT]
        self._connection.register("more", rows.select(names))
        self._connection.execute(f"insert into {into} select * from more")
        self._connection.unregister("more")

    def _merge(self) -> None:
        held = self._names["held"]
        self._connection.execute(f"create or replace temp table merged as {AFTER.format(**self._names)}")
        self._connection.execute(f"delete from {held} where _row_key in (select _row_key from added)")
        self.learn("merged")
        self._connection.execute("drop table merged")
        self._connection.execute("drop table added")

    def absent(self, present: Rows, others: pa.Array) -> pa.Table:
        """The keys that are known, not deleted, and neither among the rows nor the others."""
        registered(self._connection, "present", present, ["_row_key"])
        self._connection.register("others", pa.table({"_row_key": others}))
        return self._connection.execute(
            f"select _row_key from {self._names['held']} as held anti join present using (_row_key)"
            " anti join others using (_row_key) where not _is_deleted"
        ).to_arrow_table()

    def tombstones(self, rows: pa.Table, absent: pa.Table) -> pa.Table:
        """One deleted version per absent key, with the values of its latest version among the raw `rows`.

        It takes the place of that version in the order of the source, so the key lives again when it returns.
        """
        self._connection.register("versions", rows)
        self._connection.register("absent", absent)
        return self._connection.execute(TOMBSTONES.format(**self._names)).to_arrow_table()
