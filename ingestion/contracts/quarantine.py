"""The quarantine: every row of every wire that its contract kept out of raw, and what became of it.

The rows stand in `raw_<system>.rejected_row`, derived from the landing copy like all of raw. What a person
decided stands in the state store. A replay forgets the loads from the first row that passes today's contract
on and loads them again, in order: it gives what a rebuild would give, whenever and however often it is done.
Today's contract reads all of these rows, so that a replay refuses before anything changes where it would keep
out a row of raw or read it as something else (`rereading`), unless whoever decides accepts that.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import duckdb

from ingestion import pipelines
from ingestion.contracts.discards import DISCARDED, REPLAYED, SUBJECT, place_of, standing, subject_key
from ingestion.contracts.rejects import Place
from ingestion.landing_copy.journal import keep_decisions
from ingestion.landing_copy.landing import Batch
from ingestion.raw.opening import opened
from ingestion.raw.raw_schema import all_datasets
from ingestion.raw.rereading import Acceptance, rehearse
from ingestion.raw.warehouse import create_raw_tables, unload
from ingestion.runs import RunContext
from ingestion.settings import Settings
from ingestion.state import StateStore

Status = Literal["OPEN", "SUPERSEDED", "DISCARDED", "REPLAYED"]
STATUSES: tuple[Status, ...] = ("OPEN", "SUPERSEDED", "DISCARDED", "REPLAYED")
TOLD = ("table_name", "row_key", "column_name", "reason", "payload", "contract_version")

REJECTED = "select * replace (coalesce(_position, 1) as _position) from {dataset}.rejected_row"
SUPERSEDED = """
    select distinct rejected._source_instance, rejected._batch_id, rejected.row_key
    from {dataset}.rejected_row as rejected
    inner join {dataset}.{table} as good
        on rejected._source_instance = good._source_instance and rejected.row_key = good._row_key
    where
        rejected.table_name = ?
        and (good._known_at, good._batch_id) > (rejected._known_at, rejected._batch_id)
        and not good._is_deleted
"""


class QuarantineError(ValueError):
    """A question or decision that makes no sense, in words for the person who asked."""


@dataclass(frozen=True)
class Sighting:
    """One arrival of a rejected row; `load_id` is the dlt package that brought it to the warehouse."""

    batch_id: str
    place: Place
    seen_at: datetime
    load_id: str | None
    status: Status


@dataclass(frozen=True)
class Entry:
    """A rejected row, once for all the times it was sent. `payload` is JSON with sensitive values masked.

    OPEN waits for a mended source or contract; SUPERSEDED has a later good version of its key; DISCARDED and
    REPLAYED were decided by `actor` for `decision_reason`.
    """

    entry_id: str
    instance: str
    table_name: str
    row_key: str | None
    column_name: str
    reason: str
    payload: str
    contract_version: str | None
    record_hash: str
    sightings: tuple[Sighting, ...]
    actor: str = ""
    decision_reason: str = ""
    decided_at: datetime | None = None

    @property
    def status(self) -> Status:
        """What its latest sighting is."""
        return self.sightings[-1].status

    @property
    def first_seen(self) -> datetime:
        return self.sightings[0].seen_at

    @property
    def last_seen(self) -> datetime:
        return self.sightings[-1].seen_at


@dataclass(frozen=True)
class Replay:
    """What a replay did to one instance: rows taken into raw, and rows that break the contract still."""

    instance: str
    replayed: int
    still_rejected: int


def entries(settings: Settings, state: StateStore) -> list[Entry]:
    """All of the quarantine, the latest first."""
    decided = standing(state)
    found: dict[str, list[tuple[Mapping[str, Any], Sighting]]] = {}
    present = set()
    for row in _rejected_rows(settings.warehouse_path):
        place = Place(row["table_name"], row["_file_name"], row["_line_number"], row["_position"])
        key = subject_key(row["_source_instance"], row["_batch_id"], place)
        present.add(key)
        is_discarded = key in decided and decided[key]["decision"] == DISCARDED
        status: Status = "DISCARDED" if is_discarded else "SUPERSEDED" if row["superseded"] else "OPEN"
        told = {name: row[name] for name in TOLD}
        told |= {"instance": row["_source_instance"], "record_hash": row["_record_hash"]}
        told |= {"by": decided.get(key) if is_discarded else None}
        sighting = Sighting(row["_batch_id"], place, row["_known_at"], row["_dlt_load_id"], status)
        found.setdefault(_entry_id(told), []).append((told, sighting))
    for key, row in decided.items():
        detail = row["detail"]
        if row["decision"] == REPLAYED and key not in present:
            seen_at = datetime.fromisoformat(detail["seen_at"])
            sighting = Sighting(detail["batch_id"], place_of(detail), seen_at, detail["load_id"], "REPLAYED")
            found.setdefault(_entry_id(detail), []).append(({**detail, "by": row}, sighting))
    made = [_entry(entry_id, rows) for entry_id, rows in found.items()]
    return sorted(made, key=lambda entry: (entry.last_seen, entry.entry_id), reverse=True)


def discard(run: RunContext, chosen: Sequence[Entry], *, actor: str, reason: str) -> int:
    """Keeps rows out for good, here and wherever they are sent again unchanged; returns how many sightings.

    Rows that were replayed or discarded already stay what they are.
    """
    _require(actor, reason)
    payloads = {
        subject_key(entry.instance, sighting.batch_id, sighting.place): _detail(entry, sighting)
        for entry in chosen
        for sighting in entry.sightings
        if sighting.status in ("OPEN", "SUPERSEDED")
    }
    return _decide(run, payloads, DISCARDED, actor, reason)


def replay(
    run: RunContext, chosen: Sequence[Entry], *, actor: str, reason: str, accepts_reading: bool = False
) -> list[Replay]:
    """Takes what passes today's contract into raw, for every instance that has one of the chosen rows.

    A chosen row that was discarded is so no longer. Any other row of the instance that passes comes along: to
    keep one out, discard it. Raises `ReadingChangedError`, with nothing changed, when rows of raw would be
    read differently and `accepts_reading` is not given.
    """
    _require(actor, reason)
    create_raw_tables(run.settings.warehouse_path)
    names = sorted({entry.instance for entry in chosen} & set(run.landscape.instances))
    again = {name: batches for name in names if (batches := _read_again(run, name))}
    rehearse(run, again, pipelines.load_one, Acceptance(actor, reason) if accepts_reading else None)
    released = {
        subject_key(entry.instance, sighting.batch_id, sighting.place): _detail(entry, sighting)
        for entry in chosen
        for sighting in entry.sightings
        if sighting.status == DISCARDED
    }
    _decide(run, released, REPLAYED, actor, reason)
    waiting = entries(run.settings, run.state)
    return [
        _replay_instance(run, name, [entry for entry in waiting if entry.instance == name], actor, reason)
        for name in names
    ]


def _read_again(run: RunContext, instance: str) -> list[str]:
    """The batches of an instance that a replay may load again: from the first with a rejected row on."""
    holding = {
        sighting.batch_id
        for entry in entries(run.settings, run.state)
        for sighting in entry.sightings
        if entry.instance == instance and sighting.status != REPLAYED
    }
    accepted = [batch.batch_id for batch in run.state.batches(instance, "ACCEPTED")]
    first = next((at for at, batch_id in enumerate(accepted) if batch_id in holding), len(accepted))
    return accepted[first:]


def _replay_instance(
    run: RunContext, instance: str, waiting: Sequence[Entry], actor: str, reason: str
) -> Replay:
    spec = run.landscape.instances[instance].spec
    # A replay that was killed half way forgot batches that it did not load again.
    pipelines.load_one(run, instance)
    accepted = run.state.batches(instance, "ACCEPTED")
    by_batch: dict[str, dict[Place, tuple[Entry, Sighting]]] = {}
    for entry in waiting:
        for sighting in entry.sightings:
            if sighting.status != REPLAYED:
                by_batch.setdefault(sighting.batch_id, {})[sighting.place] = (entry, sighting)
    passing: dict[str, dict[str, Any]] = {}
    first: Batch | None = None
    for batch in (batch for batch in accepted if batch.batch_id in by_batch):
        rejected = {row.place for row in pipelines.read_batch(run, batch).rejected}
        run.parsed.clear()
        for place, (entry, sighting) in by_batch[batch.batch_id].items():
            if place not in rejected:
                first = first or batch
                passing[subject_key(instance, batch.batch_id, place)] = _detail(entry, sighting)
    count = sum(map(len, by_batch.values()))
    if first is None:
        return Replay(instance, 0, count)
    _decide(run, passing, REPLAYED, actor, reason)
    again = [batch.batch_id for batch in accepted[accepted.index(first) :]]
    tables = [table.name for table in spec.tables]
    unload(run.settings.warehouse_path, spec.dataset, tables, instance, again)
    pipelines.load_one(run, instance)
    return Replay(instance, len(passing), count - len(passing))


def _rejected_rows(path: Path) -> Iterable[dict[str, Any]]:
    """Every row of every `rejected_row`, the oldest first, with `superseded`."""
    if not path.is_file():
        return []
    rows: list[dict[str, Any]] = []
    with opened(path, read_only=True) as connection:
        present = {
            (row[0], row[1])
            for row in connection.execute(
                "select table_schema, table_name from information_schema.columns"
                " where table_schema like 'raw_%' and column_name in ('_row_key', '_position')"
            ).fetchall()
        }
        for dataset in all_datasets():
            tables = {table for schema, table in present if schema == dataset}
            if "rejected_row" in tables:
                rows += _of_dataset(connection, dataset, tables)
    return sorted(rows, key=lambda row: (row["_known_at"], row["_batch_id"]))


def _of_dataset(
    connection: duckdb.DuckDBPyConnection, dataset: str, tables: set[str]
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (
        connection.execute(REJECTED.format(dataset=dataset)).to_arrow_table().to_pylist()
    )
    superseded: set[tuple[str, ...]] = set()
    for table in sorted({row["table_name"] for row in rows if row["row_key"]}):
        if table in tables:
            query = SUPERSEDED.format(dataset=dataset, table=table)
            superseded |= {(table, *found) for found in connection.execute(query, [table]).fetchall()}
    for row in rows:
        at = (row["table_name"], row["_source_instance"], row["_batch_id"], row["row_key"])
        row["superseded"] = at in superseded
    return rows


def _entry(entry_id: str, rows: Sequence[tuple[Mapping[str, Any], Sighting]]) -> Entry:
    ordered = sorted(rows, key=lambda row: (row[1].seen_at, row[1].batch_id, row[1].place))
    told, by = ordered[-1][0], ordered[-1][0]["by"] or {}
    return Entry(
        entry_id=entry_id,
        instance=told["instance"],
        **{name: told[name] for name in TOLD},
        record_hash=told["record_hash"],
        sightings=tuple(sighting for _, sighting in ordered),
        actor=by.get("actor", ""),
        decision_reason=by.get("reason", ""),
        decided_at=by.get("decided_at"),
    )


def _entry_id(told: Mapping[str, Any]) -> str:
    return hashlib.sha256(f"{told['instance']}|{told['record_hash']}".encode()).hexdigest()[:12]


def _detail(entry: Entry, sighting: Sighting) -> dict[str, Any]:
    """What a decision remembers of a row, since raw may not have it any more."""
    return {
        "instance": entry.instance,
        "batch_id": sighting.batch_id,
        "seen_at": sighting.seen_at.isoformat(),
        "load_id": sighting.load_id,
        "record_hash": entry.record_hash,
        **{name: getattr(entry, name) for name in TOLD},
        **sighting.place._asdict(),
    }


def _decide(
    run: RunContext, payloads: Mapping[str, Mapping[str, Any]], decision: str, actor: str, reason: str
) -> int:
    made = run.state.append_decisions(
        payloads, at=run.started_at, actor=actor, subject_type=SUBJECT, decision=decision, reason=reason
    )
    numbers = [seq for seq in made if seq is not None]
    if numbers:
        keep_decisions(run, run.state.decisions(after=min(numbers) - 1))
    return len(numbers)


def _require(actor: str, reason: str) -> None:
    if not actor.strip() or not reason.strip():
        raise QuarantineError("a decision needs the name of who decides and a reason")
