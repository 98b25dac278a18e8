"""Compares the contract of an instance with a published field list, with payloads, or with the source itself.

Every difference is a `FieldChange` with the raw columns it touches and, through lineage, what these make.
"""

import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from fnmatch import fnmatch
from pathlib import Path

from concord.lineage import Lineage
from ingestion import pipelines
from ingestion.contracts.contract_sql import EMPTY
from ingestion.contracts.drift import JUDGED_FROM, type_words
from ingestion.contracts.published import ChangeKind, FieldChange, FieldList, changes_between, paths_in
from ingestion.event_spec import EVENT
from ingestion.formats.content import InMemory
from ingestion.formats.json_rows import load_json, select
from ingestion.landing_copy.landing import Payload, write_batch
from ingestion.raw.scratch import Rows, portions
from ingestion.reports import BatchContent
from ingestion.runs import RunContext, Window, start_run
from ingestion.spec import ColumnSpec, RestWire, SystemSpec, TableSpec

ABSENT = "not in the list"
SAMPLE_DAYS = 31
SYSTEM_FOLDERS = Path(pipelines.__file__).with_name("systems")
_KINDS: Mapping[str, ChangeKind] = {
    "removed": "removed",
    "retyped": "retyped",
    "unknown value": "enum changed",
    "added value": "enum changed",
    "no longer filled": "removed",
    "new version": "new version",
}


@dataclass(frozen=True)
class Impact:
    """One difference: the raw columns read from the field, and what they make, by layer."""

    change: FieldChange
    raw: tuple[str, ...]
    hits: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class ContractReport:
    """All differences, those in fields that are read first.

    `refused` could not be read at all; `exceptions` are read although no published list names them.
    """

    instance: str
    system: str
    contract_version: str
    compared_with: str
    impacts: tuple[Impact, ...]
    refused: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()

    @property
    def touching(self) -> tuple[Impact, ...]:
        """The differences in fields that the contract reads."""
        return tuple(impact for impact in self.impacts if impact.raw)


Found = tuple[FieldChange, tuple[tuple[str, str], ...]]


def list_changes(spec: SystemSpec, before: FieldList, after: FieldList) -> list[Found]:
    """What two releases of a published list differ in, with the raw (table, column)s that read the field."""
    read: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for listed in (before, after):
        for found in paths_in(spec, listed):
            for step in found.steps:
                read.setdefault(step, set()).add((found.table, found.column))
    changes = changes_between(before, after)
    return [(change, tuple(sorted(read.get((change.entity, change.field), ())))) for change in changes]


def missing_paths(spec: SystemSpec, listed: FieldList) -> list[Found]:
    """The columns of a contract whose path a published list does not have."""
    return [
        (
            FieldChange(*found.steps[-1], "removed", f"read as {found.path}", ABSENT),
            ((found.table, found.column),),
        )
        for found in paths_in(spec, listed)
        if not found.is_listed
    ]


def content_changes(spec: SystemSpec, content: BatchContent) -> list[Found]:
    """What payloads show of another contract: drift, undeclared fields, values outside an enumeration."""
    found: list[Found] = []
    for drift in content.drift:
        table = spec.table(drift.table)
        columns = tuple((table.name, one.name) for one in table.columns if drift.field in ("", one.path))
        if drift.field == table.explode and table.explode:
            columns = tuple((table.name, one.name) for one in table.columns)
        change = FieldChange(drift.table, drift.field, _KINDS[drift.kind], drift.expected, drift.came)
        found.append((change, columns))
    known = {(change.entity, change.field) for change, _ in found}
    for (table_name, column, kind), rows in _broken_cells(spec, content).items():
        if (table_name, column.path) not in known:
            change = FieldChange(table_name, column.path, kind, type_words(column), f"other in {rows:,} rows")
            found.append((change, ((table_name, column.name),)))
    for table_name, names in sorted(content.unknown_columns.items()):
        found += [(FieldChange(table_name, name, "added", "", "undeclared"), ()) for name in names]
    return found


def unfilled(spec: SystemSpec, content: BatchContent, sampled: BatchContent) -> list[Found]:
    """Optional fields that the contract's samples fill and no row of enough payload rows does."""
    found: list[Found] = []
    for table in spec.tables:
        rows, known = content.tables.get(table.name), sampled.tables.get(table.name)
        if rows is None or known is None or rows.num_rows < JUDGED_FROM:
            continue
        names = {column: _stored(table, column.name) for column in table.columns if not column.required}
        filled = _filled(rows, names)
        for column in _filled(known, names) - filled:
            words = f"nothing in all {rows.num_rows:,} rows"
            change = FieldChange(table.name, column.path, "removed", type_words(column), words)
            found.append((change, ((table.name, column.name),)))
    return sorted(found, key=lambda each: (each[0].entity, each[0].field))


def _filled(rows: Rows, names: Mapping[ColumnSpec, list[str]]) -> set[ColumnSpec]:
    filled: set[ColumnSpec] = set()
    for portion in portions(rows):
        filled |= {
            column
            for column, stored in names.items()
            if any(portion.column(name).null_count < portion.num_rows for name in stored)
        }
    return filled


def read_samples(run: RunContext, instance: str) -> BatchContent | None:
    """The recorded samples of the application's contract as a batch; None where they cannot be read so."""
    folder = SYSTEM_FOLDERS / run.landscape.instances[instance].spec.name / "samples"
    return read_payloads(run, instance, folder)[0] if folder.is_dir() else None


def _broken_cells(spec: SystemSpec, content: BatchContent) -> Counter[tuple[str, ColumnSpec, ChangeKind]]:
    """What broke single rows, counted by column: a new value, no value, a value of another type."""
    columns = {(table.name, column.name): column for table in spec.tables for column in table.columns}
    counts: Counter[tuple[str, ColumnSpec, ChangeKind]] = Counter()
    for row in content.rejected:
        column = columns.get((row.table_name, row.column_name))
        if column:
            is_empty = row.reason.endswith(EMPTY)
            kind: ChangeKind = "nullability" if is_empty else "enum changed" if column.enum else "retyped"
            counts[row.table_name, column, kind] += 1
    return counts


def impacts_of(spec: SystemSpec, found: Iterable[Found], lineage: Lineage) -> tuple[Impact, ...]:
    """Differences with what they hit, those that hit something first."""
    impacts = []
    for change, columns in found:
        stored = [
            (f"{spec.dataset}.{table}", name)
            for table, column in columns
            for name in _stored(spec.table(table), column)
        ]
        raw = tuple(f"{table}.{column}" for table, column in stored)
        impacts.append(Impact(change, raw, lineage.hits(stored)))
    return tuple(sorted(impacts, key=lambda impact: not impact.raw))


def _stored(table: TableSpec, name: str) -> list[str]:
    """The raw columns of a column: a sensitive one is stored as token, last four and verdict."""
    return next([stored for stored, _ in one.stored] for one in table.columns if one.name == name)


def read_payloads(
    run: RunContext, instance: str, folder: Path
) -> tuple[BatchContent | None, tuple[str, ...]]:
    """The payloads of a folder as a batch of the instance (None without any), and what could not be read.

    Nothing is kept in the home.
    """
    given = run.landscape.instances[instance]
    payloads, refused = payloads_of(given.spec, folder)
    if not payloads:
        return None, (*refused, f"{folder}: holds no payload of {given.system}")
    with tempfile.TemporaryDirectory() as landing:
        batch = write_batch(
            Path(landing),
            batch_id="payloads",
            instance=instance,
            system=given.system,
            run_id=run.run_id,
            known_at=run.started_at,
            payloads=payloads,
            cursors={},
        )
        content, wrong = _readable(pipelines.read_batch(run, batch))
        # Another folder is another batch of this name.
        run.parsed.pop((batch.instance, batch.batch_id))
        return content, (*refused, *wrong)


def _readable(content: BatchContent) -> tuple[BatchContent | None, tuple[str, ...]]:
    """The content, or None and why a payload of it cannot be read at all."""
    wrong = sorted({drift.came for drift in content.drift if drift.kind == "unreadable"})
    return None if wrong else content, tuple(wrong)


def payloads_of(spec: SystemSpec, folder: Path) -> tuple[list[Payload], tuple[str, ...]]:
    """The recorded payloads of a folder, and the files that are none, in words.

    A file belongs to the resource whose name its own begins with (`invoice.jsonl`, `invoice_credit.json`), or
    whose file pattern it fits. A page of JSON is a line of a `.jsonl` or a whole `.json`.
    """
    payloads, refused = [], []
    for path in sorted(one for one in folder.iterdir() if one.is_file()):
        resource = _resource_of(spec, path.name)
        if not resource:
            names = ", ".join(one.name for one in spec.landed_resources)
            refused.append(f"{path.name}: belongs to no resource of {spec.name}; they are {names}")
            continue
        content = path.read_bytes()
        if path.suffix == ".json":
            # A line break is only ever between the tokens of a document.
            content = b" ".join(content.splitlines())
        if wrong := _page_complaint(spec, resource, content):
            refused.append(f"{path.name}: {wrong}")
            continue
        is_key_set = path.name.startswith(f"{resource}.keys.")
        found = InMemory(content)
        payloads.append(Payload(path.name, resource, found, source_name=path.name, is_key_set=is_key_set))
    return payloads, tuple(refused)


def _page_complaint(spec: SystemSpec, resource: str, content: bytes) -> str:
    if not isinstance(spec.wire, RestWire):
        return ""
    records = spec.events.records if spec.events and resource == EVENT else spec.wire.records
    for number, page in enumerate(content.splitlines(), start=1):
        try:
            found = select(load_json(page), records)
        except ValueError as error:
            return f"page {number} is no JSON ({error}); record each answer whole, on a line or in a .json"
        if found is None:
            return (
                f"page {number} has no records at {records!r}; record the answers as the interface gives them"
            )
    return ""


def _resource_of(spec: SystemSpec, name: str) -> str:
    fitting = [one.name for one in spec.landed_resources if one.path and fnmatch(name, one.path)]
    named = [one.name for one in spec.landed_resources if name.startswith(one.name)]
    return max(fitting or named, key=len, default="")


def fetch_live(run: RunContext, instance: str) -> tuple[BatchContent | None, tuple[str, ...]]:
    """What the source answers now about its last month, in a home of its own; and what could not be read."""
    with tempfile.TemporaryDirectory() as scratch:
        settings = replace(run.settings, home=Path(scratch))
        own = start_run(settings, run.landscape)
        try:
            window = Window(own.as_of - timedelta(days=SAMPLE_DAYS), own.as_of, takes_later=True)
            report = pipelines.land(own, instance, window)
            refused = [str(refusal) for refusal in report.refusals]
            if not report.is_available:
                refused.append(report.message)
            if report.batch is None:
                return None, tuple(refused)
            content, wrong = _readable(pipelines.read_batch(own, report.batch))
            return content, (*refused, *wrong)
        finally:
            own.state.close()
