"""Which checked rows are new versions: a row is one when its hash differs from the version it follows.

Versions of a key follow the source's version, then its time, then the order of arrival (`version_order` says
where a row stands that tells neither). So A, B, A is three versions and an unchanged row is none. A row that
the source had already replaced when it arrived is late: it is kept once, and the version it would have come
before stays current.

What is known of a table stands in a database that need not fit into memory (`scratch.bounded`); what was
decided about rows is kept as arrays by their place.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.raw.record_hash import hash_of_absent
from ingestion.raw.scratch import Rows, chosen, registered
from ingestion.raw.version_order import NUMBERED

# Per key the version that counts, with the highest number given so far, not its own.
CURRENT = (
    ("_row_key", "varchar"),
    ("_version", "bigint"),
    ("_record_hash", "bigint"),
    ("_source_version", "bigint"),
    ("_source_updated_at", "timestamp"),
    ("_is_deleted", "boolean"),
)
# The hashes of all other versions.
SUPERSEDED = (("_row_key", "varchar"), ("_record_hash", "bigint"))
MOVED = pa.schema(
    {"_order": pa.int64(), "_source_version": pa.int64(), "_source_updated_at": pa.timestamp("us")}
)
NO_KEYS = pa.table({"_row_key": pa.array([], pa.string())})
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

# The versions of the keys that something was added to, each with what it is now.
AFTER = f"""
    with several as (
        select * from {{held}} semi join added using (_row_key)
        union all by name
        select * from added
    )
    select
        several.* replace (max(_version) over (partition by _row_key) as _version),
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
            {hash_of_absent("latest._record_hash")} as _record_hash,
            held._version + 1 as _version,
            absent._source_version as _source_version,
            absent._source_updated_at as _source_updated_at,
            absent._file_name as _file_name,
            absent._line_number as _line_number
        )
    from latest
    inner join {{held}} as held on latest._row_key = held._row_key
    inner join absent on latest._row_key = absent._row_key
"""

# A part stays that is newer than this version of its document: its own version of that was rejected.
ABSENT_PARTS = """
    with newest as (
        select * from document
        qualify row_number() over (
            partition by _row_key
            order by _source_version desc nulls last, _source_updated_at desc nulls last, _order desc
        ) = 1
    ),
    told as (
        select newest.* from newest
        inner join {documents} as held
            on
                newest._row_key = held._row_key
                and newest._source_version is not distinct from held._source_version
                and newest._source_updated_at is not distinct from held._source_updated_at
        anti join (from unread where _row_key is null) as nameless
            on newest._file_name = nameless._file_name and newest._line_number = nameless._line_number
    ),
    listed as (
        select found._row_key
        from (
            select _row_key, _file_name, _line_number from part
            union all
            select _row_key, _file_name, _line_number from unread
        ) as found
        semi join told on found._file_name = told._file_name and found._line_number = told._line_number
    )
    select held._row_key, told._source_version, told._source_updated_at, told._file_name, told._line_number
    from {parts} as held
    inner join told on held.{document} = told._row_key
    anti join listed on held._row_key = listed._row_key
    where
        not held._is_deleted
        and (
            held._source_version < told._source_version
            or (held._source_version is null and told._source_version is not null)
            or (
                held._source_version is not distinct from told._source_version
                and (
                    held._source_updated_at is null
                    or held._source_updated_at <= told._source_updated_at
                )
            )
        )
"""


@dataclass(frozen=True)
class Decided:
    """What each row is, by its place: its number as a version (0 for none), and whether it is late.

    `moved` has the stamps of the rows that stand elsewhere than their own say, by `_order`.
    """

    kind: np.ndarray
    version: np.ndarray
    is_late: np.ndarray
    moved: pa.Table = field(default_factory=MOVED.empty_table)

    @property
    def is_new(self) -> np.ndarray:
        return self.version > 0

    @property
    def new_rows(self) -> int:
        return int(np.count_nonzero(self.version))

    @property
    def are_all_first(self) -> bool:
        """True when every row is the first version of its key, and stands where its source puts it."""
        return bool((self.version == 1).all()) and not self.moved.num_rows

    @property
    def late_rows(self) -> int:
        return int(np.count_nonzero(self.is_late))

    def versions(self, rows: Rows, mask: np.ndarray, columns: list[str] | None = None) -> Iterator[pa.Table]:
        """The new versions among the rows of the mask, with their `_version` and the stamps they stand by."""
        places, start = np.flatnonzero(mask), 0
        for portion in chosen(rows, mask, columns):
            at = places[start : start + portion.num_rows]
            start += portion.num_rows
            numbers = pa.array(self.version[at].astype(np.int64))
            yield self._placed(portion, at).append_column("_version", numbers)

    def _placed(self, portion: pa.Table, at: np.ndarray) -> pa.Table:
        moved = self.moved.filter(pc.is_in(self.moved.column("_order"), pa.array(at)))
        if not moved.num_rows:
            return portion
        is_moved = pa.array(np.isin(at, moved.column("_order").to_numpy()))
        for name in ("_source_version", "_source_updated_at"):
            place, cells = portion.column_names.index(name), portion.column(name).combine_chunks()
            values = moved.column(name).combine_chunks().cast(cells.type)
            portion = portion.set_column(place, name, pc.replace_with_mask(cells, is_moved, values))
        return portion


class Known:
    """What an instance's table holds: the current version of each key, and the hashes of the others.

    Of parts it knows too which document each belongs to: the column `document` names it.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: str, document: str = "") -> None:
        self._connection, self.document = connection, document
        self._current = (*CURRENT, (document, "varchar")) if document else CURRENT
        self._compared = [*COMPARED, document] if document else COMPARED
        self._names = {"held": f'"held_{table}"', "superseded": f'"superseded_{table}"'}
        for name, columns in (("held", self._current), ("superseded", SUPERSEDED)):
            body = ", ".join(f"{column} {kind}" for column, kind in columns)
            connection.execute(f"create or replace table {self._names[name]} ({body})")

    def learn(self, versions: str) -> None:
        """Takes in the rows of a relation that says of each version whether it `is_current`."""
        for name, columns, condition in (
            ("held", self._current, "is_current"),
            ("superseded", SUPERSEDED, "not is_current"),
        ):
            wanted = ", ".join(column for column, _ in columns)
            self._connection.execute(
                f"insert into {self._names[name]} select {wanted} from {versions} where {condition}"
            )

    def decide(self, rows: Rows, living: Rows | None = None) -> Decided:
        """Which rows are new versions.

        `living` are the keys (`_row_key`) of a reading that tells what is there now: a deleted key that it
        shows lives again, also when it comes back older than it was deleted.
        """
        registered(self._connection, "candidate", rows, COMPARED)
        registered(self._connection, "living", NO_KEYS if living is None else living, ["_row_key"])
        kinds = np.zeros(rows.num_rows, np.uint8)
        for batch in self._connection.execute(KINDS.format(**self._names)).to_arrow_reader(1 << 16):
            kinds[batch.column("_order").to_numpy()] = batch.column("kind").to_numpy()
        decided = Decided(kinds, (kinds == NEW).astype(np.int32), np.zeros(rows.num_rows, bool))
        picked, moved = np.flatnonzero(kinds == TO_ORDER), [decided.moved]
        if len(picked):
            self._connection.register("picked", pa.table({"_order": picked}))
            for batch in self._connection.execute(NUMBERED.format(**self._names)).to_arrow_reader(1 << 16):
                at = batch.column("_order").to_numpy()
                decided.version[at] = batch.column("_version").to_numpy()
                decided.is_late[at] = batch.column("is_late").to_numpy(zero_copy_only=False)
                found = pa.Table.from_batches([batch]).filter(batch.column("is_moved"))
                moved.append(found.select(MOVED.names).cast(MOVED))
            self._connection.unregister("picked")
        return replace(decided, moved=pa.concat_tables(moved).sort_by("_order"))

    def add(self, rows: Rows, decided: Decided) -> None:
        """Takes in the rows that were decided to be new, for what comes after them."""
        for portion in decided.versions(rows, decided.kind == NEW, self._compared):
            self._insert(self._names["held"], portion)
        ordered = decided.is_new & (decided.kind == TO_ORDER)
        if ordered.any():
            self._begin()
            for portion in decided.versions(rows, ordered, self._compared):
                self._insert("added", portion)
            self._merge()

    def add_versions(self, added: pa.Table) -> None:
        """The same for rows that have their `_version`."""
        self._begin()
        self._insert("added", added)
        self._merge()

    def _begin(self) -> None:
        body = ", ".join(f"{column} {kind}" for column, kind in self._current)
        self._connection.execute(f"create or replace temp table added ({body})")

    def _insert(self, into: str, rows: pa.Table) -> None:
        names = [name for name, _ in self._current]
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

    def absent(self, present: Rows, others: pa.Array, origin: str = "") -> pa.Table:
        """The keys that are known, not deleted, and neither among the rows nor the others.

        Each comes with its place in the order of the source, and with the file that lacks it (`origin`).
        """
        registered(self._connection, "present", present, ["_row_key"])
        self._connection.register("others", pa.table({"_row_key": others}))
        return self._connection.execute(
            "select _row_key, _source_version, _source_updated_at,"
            " nullif(?, '') as _file_name, null::bigint as _line_number"
            f" from {self._names['held']} as held anti join present using (_row_key)"
            " anti join others using (_row_key) where not _is_deleted",
            [origin],
        ).to_arrow_table()

    def absent_parts(self, documents: "Known", found: Rows, parts: Rows, unread: pa.Table) -> pa.Table:
        """The living parts that the newest version of their document no longer lists, as `absent` has them.

        `found` are documents, `parts` rows that were nested in them, both known already; parts stand where
        their document stands (`_file_name`, `_line_number`). `unread` are places of parts that were rejected,
        with their `_row_key` where it is known: where it is not, the document tells nothing of what is gone.
        Parts take the place of that document in the order of the source, so that an older list that comes
        late brings none back.
        """
        place = ["_row_key", "_file_name", "_line_number"]
        registered(self._connection, "document", found, [*place, "_source_version", "_source_updated_at"])
        registered(self._connection, "part", parts, place)
        self._connection.register("unread", unread)
        names = {"documents": documents._names["held"], "parts": self._names["held"]}
        query = ABSENT_PARTS.format(**names, document=f'"{self.document}"')
        return self._connection.execute(query).to_arrow_table()

    def tombstones(self, rows: pa.Table, absent: pa.Table) -> pa.Table:
        """One deleted version per absent key, with the values of its latest version among the raw `rows`.

        It takes the place that `absent` gives it in the order of the source, behind what stands there, so the
        key lives again when it returns.
        """
        self._connection.register("versions", rows)
        self._connection.register("absent", absent)
        return self._connection.execute(TOMBSTONES.format(**self._names)).to_arrow_table()
