"""The door of this room: land from the wire, gate, load to raw, check. Called by orchestration and the CLI.

`land` touches only the landing copy, `load_system` only the landing copy and the warehouse; between them a
batch waits for its gate to accept or hold it. Nothing here raises because a source is down.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ingestion.arrivals import audit, decide, land_events, land_payloads
from ingestion.checking import check, why_down
from ingestion.discards import discarded_places, wanted
from ingestion.drift import Drift
from ingestion.file_manifest import missing_files
from ingestion.journal import append_verdicts
from ingestion.landing import Batch, set_aside
from ingestion.landscape import Instance
from ingestion.loading import Loaded, load_instance
from ingestion.own_tables import load_concord, load_landscape
from ingestion.parsing import parse_batch
from ingestion.rejects import RejectedRow
from ingestion.reports import BatchContent, HeldPart, LandReport, LoadReport, Refusal
from ingestion.runs import RunContext
from ingestion.snapshots import Shrinkage, judge
from ingestion.soap_wire import SoapWire
from ingestion.spec import DatabaseWire, FilesWire, RestWire, SystemSpec
from ingestion.transports import database
from ingestion.transports.fetched import Fetched, SeenFiles, SourceDownError
from ingestion.transports.files import fetch_files
from ingestion.transports.rest import change_time, fetch_rest
from ingestion.transports.sftp import fetch_sftp
from ingestion.transports.soap import Moments, fetch_soap
from ingestion.warehouse import create_raw_tables
from ingestion.windows import Window

KEPT_ROWS = 1_000_000  # Parsed rows kept for the load after the gate; a long backlog is read twice.

__all__ = [
    "accept_batch",
    "append_verdicts",
    "check",
    "hold_batch",
    "hold_drifted",
    "land",
    "load_concord",
    "load_landscape",
    "load_system",
    "pending_batches",
    "read_batch",
    "release_batch",
    "shrinkages",
]


def land(run: RunContext, instance: str, window: Window | None = None) -> LandReport:
    """Fetches what is new from one instance into the landing copy. A source that is down is a report.

    With a window: what changed at the source in its days (snapshots whole), and the cursors stay where they
    are, so that an ordinary run afterwards goes on from where the last one ended.
    """
    given = run.landscape.instances[instance]
    spec = given.spec
    partitions = run.landscape.partitions
    if window and partitions:
        window = window.within(partitions.starts_on, partitions.ends_on)
    events = land_events(run, given)
    try:
        fetched = _fetch(run, given, spec, window)
    except SourceDownError as error:
        message = why_down(given, error)
        run.state.set_instance_status(instance, at=run.started_at, is_available=False, message=message)
        return LandReport(instance, spec.name, is_available=False, message=message)
    run.state.set_instance_status(instance, at=run.started_at, is_available=True, message="")
    for refusal in fetched.refusals:
        _note_refusal(run, instance, fetched, refusal)
    batch = land_payloads(run, given, fetched, window)
    rows = sum(file.rows or 0 for file in batch.files) if batch else 0
    message = f"{len(batch.files)} payloads landed" + (f", {rows} records" if rows else "") if batch else ""
    message += f"{', ' if message else ''}{events} event bodies" if events else ""
    return LandReport(
        instance=instance,
        system=spec.name,
        is_available=True,
        message=message or "nothing new",
        batch=batch,
        refusals=tuple(fetched.refusals),
        unread=tuple(fetched.unread),
        remarks=tuple(fetched.remarks),
        missing=tuple(str(entry) for entry in missing_files(given, run.state.batches(instance), run.as_of)),
    )


def pending_batches(run: RunContext, instance: str) -> tuple[Batch, ...]:
    """Landed batches that no gate has judged yet, oldest first."""
    return run.state.batches(instance, "LANDED")


def read_batch(run: RunContext, batch: Batch) -> BatchContent:
    """A batch parsed and checked against its specs; kept in the run, within limits, for the load."""
    key = (batch.instance, batch.batch_id)
    if key not in run.parsed:
        discarded = discarded_places(run.state, batch)
        content = parse_batch(batch, _spec(run, batch), run.tokenizer, discarded, run.seal)
        if sum(kept.row_count for kept in run.parsed.values()) + content.row_count > KEPT_ROWS:
            run.parsed.clear()
        run.parsed[key] = content
    found: BatchContent = run.parsed[key]
    return found


def hold_drifted(run: RunContext, batch: Batch) -> tuple[Batch | None, tuple[HeldPart, ...]]:
    """Holds the resources of a batch that broke their contract, each with its lines as a batch of its own.

    What is left goes on to the gate; None when nothing is.
    """
    content, rest = read_batch(run, batch), batch
    broken: dict[str, list[Drift]] = {}
    for resource in _spec(run, batch).resources:
        drift = [found for found in content.drift if found.is_breaking and found.table in resource.tables]
        if drift and batch.of_resource(resource.name):
            broken[resource.name] = drift
    parts = []
    for resource_name, drift in broken.items():
        part = rest
        if any(file.resource != resource_name for file in rest.files):
            rest, part = set_aside(rest, resource_name)
            run.state.save_batch(part)
            run.state.save_batch(rest)
            run.parsed.pop((batch.instance, batch.batch_id), None)
        held = hold_batch(run, part, [str(found) for found in drift], "contract check")
        parts.append(HeldPart(held, tuple(drift)))
    is_left = not parts or parts[-1].batch.batch_id != rest.batch_id
    return rest if is_left else None, tuple(parts)


def accept_batch(run: RunContext, batch: Batch, actor: str = "landing gate") -> Batch:
    """Lets a batch into the next load, and settles what its snapshots delete.

    Its cursors stop at its earliest rejected row, so that a row mended at the source is seen again.
    """
    return _accept(run, batch, "", actor, is_released=False)


def release_batch(run: RunContext, instance: str, batch_id: str, *, actor: str, reason: str) -> Batch:
    """A person lets a held batch in: its newest snapshot counts whatever its size, deletions included.

    `batch_id` may be its beginning. ValueError for a batch that is not held, or no actor or reason.
    """
    if not actor.strip() or not reason.strip():
        raise ValueError("a release needs the name of who decides and a reason")
    held = run.state.batches(instance, "HELD")
    found = [batch for batch in held if batch.batch_id == batch_id]
    found = found or [batch for batch in held if batch.batch_id.startswith(batch_id)]
    if len(found) != 1:
        waiting = ", ".join(batch.batch_id for batch in held) or "none"
        raise ValueError(f"{len(found)} held batches of {instance} are called {batch_id!r}; held: {waiting}")
    return _accept(run, found[0], reason.strip(), actor.strip(), is_released=True)


def hold_batch(run: RunContext, batch: Batch, reasons: Iterable[str], actor: str = "landing gate") -> Batch:
    """Keeps a batch out of raw; its rows are asked for again in the next run."""
    return decide(run, batch, "HELD", "; ".join(reasons), actor)


def shrinkages(run: RunContext, batch: Batch) -> tuple[Shrinkage, ...]:
    """The newest snapshots of a batch that lost more than their limit against the last accepted ones."""
    accepted = run.state.batches(batch.instance, "ACCEPTED")
    verdict = judge(batch, read_batch(run, batch), _spec(run, batch), accepted)
    return tuple(change for change in verdict.shrinkages if change.is_too_much)


def load_system(run: RunContext, system: str) -> LoadReport:
    """Loads accepted batches that the warehouse does not have, oldest first, as new versions."""
    create_raw_tables(run.settings.warehouse_path)
    loads, load_ids = [], []
    unknown: dict[str, tuple[str, ...]] = {}
    drift: list[Drift] = []
    for instance in run.landscape.instances_of(system):
        done = load_one(run, instance.name)
        loads += done.loads
        load_ids += done.load_ids
        drift += done.drift
        for table, names in done.unknown_columns.items():
            unknown[table] = tuple(sorted({*unknown.get(table, ()), *names}))
    return LoadReport(system, tuple(loads), tuple(load_ids), unknown, tuple(drift))


def load_one(run: RunContext, instance: str) -> Loaded:
    """The same for one instance, in a warehouse whose raw tables exist."""
    spec = run.landscape.instances[instance].spec
    accepted, held = run.state.batches(instance, "ACCEPTED"), run.state.batches(instance, "HELD")
    return load_instance(run, spec, instance, accepted, held, read=lambda batch: read_batch(run, batch))


def _fetch(run: RunContext, instance: Instance, spec: SystemSpec, window: Window | None) -> Fetched:
    wire, connection = spec.wire, instance.connection
    zone = ZoneInfo(instance.timezone)
    cursors = {} if window else _cursors(run, instance.name)
    if isinstance(wire, RestWire):
        bounds = window.instants(zone) if window else None
        return fetch_rest(spec, wire, connection, cursors, bounds)
    if isinstance(wire, DatabaseWire):
        return database.fetch_database(spec, wire, connection, cursors, zone, window)
    if isinstance(wire, SoapWire):
        return fetch_soap(spec, wire, connection, cursors, _moments(run, instance, window))
    # A held batch's files are read again, so that a corrected gate or a release sees them.
    batches = run.state.batches(instance.name, "LANDED", "ACCEPTED")
    seen = SeenFiles(file for batch in batches for file in batch.files)
    if isinstance(wire, FilesWire):
        return fetch_files(spec, wire, connection, seen, window, run.started_at)
    return fetch_sftp(spec, wire, connection, seen, window)


def _moments(run: RunContext, instance: Instance, window: Window | None) -> Moments:
    """The effective days that count: from the start of the history to `as_of`, or those of a window."""
    if window is None:
        return Moments(instance.history_starts_on, run.as_of, run.started_at)
    last = window.ends_on - timedelta(days=1)
    return Moments(window.starts_on, max(last, run.as_of) if window.takes_later else last, run.started_at)


def _cursors(run: RunContext, instance: str) -> Mapping[str, str]:
    """Where the last accepted batch of each resource ended: what is held is fetched again."""
    latest: dict[str, str] = {}
    for batch in run.state.batches(instance, "ACCEPTED"):
        latest.update(batch.cursors)
    return latest


def _held_back(run: RunContext, batch: Batch, rejected: Iterable[RejectedRow]) -> dict[str, str]:
    cursors = dict(batch.cursors)
    spec = _spec(run, batch)
    for row in rejected:
        changed = change_time(row.changed_at)
        for resource in spec.resources:
            if row.table_name not in resource.tables or resource.name not in cursors:
                continue
            if isinstance(spec.wire, SoapWire):
                # A state has no time of change: all that was asked is asked again.
                del cursors[resource.name]
            elif changed:
                cursors[resource.name] = min(cursors[resource.name], changed)
    return cursors


def _spec(run: RunContext, batch: Batch) -> SystemSpec:
    return run.landscape.instances[batch.instance].spec


def _accept(run: RunContext, batch: Batch, reason: str, actor: str, *, is_released: bool) -> Batch:
    content = read_batch(run, batch)
    accepted = run.state.batches(batch.instance, "ACCEPTED")
    verdict = judge(batch, content, _spec(run, batch), accepted, is_released=is_released)
    settled = replace(
        batch,
        cursors=_held_back(run, batch, wanted(run.state, batch.instance, content.rejected)),
        snapshot_rows=verdict.rows,
        snapshot_names=verdict.names,
        deleting=verdict.deleting,
    )
    return decide(run, settled, "ACCEPTED", reason, actor)


def _note_refusal(run: RunContext, instance: str, fetched: Fetched, refusal: Refusal) -> None:
    file, reason, remedy = refusal.file, refusal.reason, refusal.remedy
    at: datetime = run.started_at
    content = fetched.refused_hashes[file]
    if run.state.note_refusal(instance, file, content, reason, remedy, at, refusal.status):
        audit(run, "ingestion", "file refused", f"{instance}/{file}", {"reason": reason, "remedy": remedy})
