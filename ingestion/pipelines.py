"""The door of this room: land from the wire, gate, load to raw, check. Called by orchestration and the CLI.

`land` touches only the landing copy, `load_system` only the landing copy and the warehouse; between them a
batch waits for its gate to accept or hold it. Nothing here raises because a source is down.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa

from ingestion.checking import check, why_down
from ingestion.configuration.landscape import Instance
from ingestion.contracts.discards import wanted
from ingestion.contracts.drift import Drift
from ingestion.contracts.rejects import RejectedRow
from ingestion.holding import hold_batch, hold_parts, judge_snapshots, key_losses
from ingestion.landing_copy.arrivals import audit, decide, land_events, land_payloads
from ingestion.landing_copy.file_manifest import missing_files
from ingestion.landing_copy.journal import append_identity_events, append_verdicts
from ingestion.landing_copy.landing import Batch
from ingestion.raw.key_sets import earliest_change, fetched_key_sets, is_silent, unread
from ingestion.raw.own_tables import load_concord, load_landscape
from ingestion.raw.scratch import portions
from ingestion.raw.warehouse import raw_tables, rejected_keys
from ingestion.reading import known_keys, load_one, read_batch, spec_of
from ingestion.reports import BatchContent, LandReport, LoadReport, Refusal
from ingestion.runs import RunContext
from ingestion.soap_wire import SoapWire
from ingestion.spec import DatabaseWire, FilesWire, RestWire, SystemSpec
from ingestion.transports import database
from ingestion.transports.fetched import Fetched, SeenFiles, SourceDownError, cursor_text
from ingestion.transports.files import fetch_files
from ingestion.transports.rest import change_time, fetch_rest
from ingestion.transports.rest_keys import fetch_keys
from ingestion.transports.sftp import fetch_sftp
from ingestion.transports.soap import Moments, fetch_soap
from ingestion.windows import Window

__all__ = [
    "accept_batch",
    "append_identity_events",
    "append_verdicts",
    "check",
    "hold_batch",
    "hold_parts",
    "land",
    "load_concord",
    "load_landscape",
    "load_one",
    "load_system",
    "pending_batches",
    "read_batch",
    "release_batch",
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
    _forget_silent(run, given, fetched)
    batch = land_payloads(run, given, fetched, window)
    rows = sum(file.rows or 0 for file in batch.files if not file.is_key_set) if batch else 0
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


def accept_batch(run: RunContext, batch: Batch, actor: str = "landing gate") -> Batch:
    """Lets a batch into the next load, and settles what its snapshots and key sets delete.

    Its cursors stop at its earliest rejected row, so that a row mended at the source is seen again, and at
    the earliest row that only a key set has, such as one that was committed late.
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


def load_system(run: RunContext, system: str) -> LoadReport:
    """Loads accepted batches that the warehouse does not have, oldest first, as new versions."""
    loads, load_ids = [], []
    unknown: dict[str, tuple[str, ...]] = {}
    drift: list[Drift] = []
    with raw_tables(run):
        for instance in run.landscape.instances_of(system):
            done = load_one(run, instance.name)
            loads += done.loads
            load_ids += done.load_ids
            drift += done.drift
            for table, names in done.unknown_columns.items():
                unknown[table] = tuple(sorted({*unknown.get(table, ()), *names}))
    return LoadReport(system, tuple(loads), tuple(load_ids), unknown, tuple(drift))


def _fetch(run: RunContext, instance: Instance, spec: SystemSpec, window: Window | None) -> Fetched:
    wire, connection = spec.wire, instance.connection
    zone = ZoneInfo(instance.timezone)
    cursors = {} if window else _cursors(run, instance.name)
    if isinstance(wire, RestWire):
        fetched = fetch_rest(spec, wire, connection, cursors, window.instants(zone) if window else None)
        # A window does not tell what is gone, and the first reading brings everything there is.
        if cursors:
            fetch_keys(spec, wire, connection, fetched)
        return fetched
    if isinstance(wire, DatabaseWire):
        shelf = run.scratch.shelf()
        return database.fetch_database(spec, wire, connection, cursors, zone, shelf, window)
    if isinstance(wire, SoapWire):
        return fetch_soap(spec, wire, connection, cursors, _moments(run, instance, window))
    # A held batch's files are read again, so that a corrected gate or a release sees them.
    batches = run.state.batches(instance.name, "LANDED", "ACCEPTED")
    seen = SeenFiles(file for batch in batches for file in batch.files)
    if isinstance(wire, FilesWire):
        return fetch_files(spec, wire, connection, seen, run.scratch.keep, window, run.started_at)
    return fetch_sftp(spec, wire, connection, seen, run.scratch.keep, window, instance.environment)


def _moments(run: RunContext, instance: Instance, window: Window | None) -> Moments:
    """The effective days that count: from the start of the history to `as_of`, or those of a window."""
    if window is None:
        return Moments(instance.history_starts_on, run.as_of, run.started_at)
    last = window.ends_on - timedelta(days=1)
    return Moments(window.starts_on, max(last, run.as_of) if window.takes_later else last, run.started_at)


def _cursors(run: RunContext, instance: str) -> Mapping[str, str]:
    """Where the last accepted batch of each resource ended: what is held is fetched again."""
    accepted = run.state.batches(instance, "ACCEPTED")
    return {name: at for batch in accepted for name, at in batch.cursors.items()}


def _held_back(run: RunContext, batch: Batch, rejected: Iterable[RejectedRow]) -> dict[str, str]:
    cursors = dict(batch.cursors)
    spec = spec_of(run, batch)
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


def _accept(run: RunContext, batch: Batch, reason: str, actor: str, *, is_released: bool) -> Batch:
    content, spec = read_batch(run, batch), spec_of(run, batch)
    if lacking := next((str(drift) for drift in content.drift if drift.kind == "unreadable"), ""):
        raise ValueError(f"batch {batch.batch_id} cannot be loaded: {lacking}")
    verdict = judge_snapshots(run, batch, is_released=is_released)
    deleting = {
        loss.table: (content.key_sets[loss.table].file,)
        for loss in key_losses(run, batch)
        if loss.absent and (is_released or not loss.is_too_much)
    }
    cursors = _held_back(run, batch, wanted(run.state, batch.instance, content.rejected))
    for table, keys in _unread(run, batch, content).items():
        since = earliest_change(keys)
        for resource in spec.resources:
            if since and table in resource.tables and resource.name in cursors:
                cursors[resource.name] = min(cursors[resource.name], cursor_text(since))
    settled = replace(
        batch,
        cursors=cursors,
        snapshot_rows={table: size.rows for table, size in verdict.sizes.items()},
        snapshot_keys={table: size.keys for table, size in verdict.sizes.items() if size.keys is not None},
        snapshot_names=verdict.names,
        deleting={**verdict.deleting, **deleting},
    )
    return decide(run, settled, "ACCEPTED", reason, actor)


def _forget_silent(run: RunContext, instance: Instance, fetched: Fetched) -> None:
    """Takes out the key sets that say what raw has already, and nothing else."""
    spec = instance.spec
    found = {
        payload.name: fetched_key_sets(payload, spec, run.tokenizer)
        for payload in fetched.payloads
        if payload.is_key_set
    }
    if found:
        known = known_keys(run, instance.name, [table for key_sets in found.values() for table in key_sets])
        silent = {name for name, key_sets in found.items() if is_silent(key_sets, spec, known)}
        fetched.payloads = [payload for payload in fetched.payloads if payload.name not in silent]


def _unread(run: RunContext, batch: Batch, content: BatchContent) -> dict[str, pa.Table]:
    """Per table the keys of its set that neither raw nor the batch nor the rejected rows have."""
    path, spec, found = run.settings.warehouse_path, spec_of(run, batch), {}
    known = known_keys(run, batch.instance, list(content.key_sets)) if content.key_sets else {}
    for table, key_set in content.key_sets.items():
        refused = pa.array([row.row_key for row in content.rejected if row.table_name == table], pa.string())
        others = [refused, rejected_keys(path, spec.dataset, table, batch.instance)]
        if table in content.tables:
            others += [rows["_row_key"] for rows in portions(content.tables[table], ["_row_key"])]
        found[table] = unread(key_set, spec.table(table), known[table], others)
    return found


def _note_refusal(run: RunContext, instance: str, fetched: Fetched, refusal: Refusal) -> None:
    file, reason, remedy = refusal.file, refusal.reason, refusal.remedy
    content = fetched.refused_hashes[file]
    if run.state.note_refusal(instance, file, content, reason, remedy, run.started_at, refusal.status):
        audit(run, "ingestion", "file refused", f"{instance}/{file}", {"reason": reason, "remedy": remedy})
