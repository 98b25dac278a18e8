"""Whether the landing copy, read by today's contract, still says what raw was loaded with.

Format, headers and rewriting rules are an instance's of today, its landed files may be older. Before a
rebuild, a replay or a load that begins before what is loaded takes a new reading, it is compared row by row
with the warehouse in place. A row that was
rejected and now passes is what they are for; a row of raw that would be lost or say something else needs a
person's word.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from ingestion.landing_copy.arrivals import audit
from ingestion.raw.opening import let_go, opened
from ingestion.raw.scratch import bounded
from ingestion.raw.warehouse import create_raw_tables, loaded_versions
from ingestion.runs import RunContext
from ingestion.spec import SystemSpec

# Loads what one instance accepted.
Load = Callable[[RunContext, str], object]

MOST_TOLD = 20
REMEDY = (
    "Put the format, columns and headers of {instance} back as they were for these files (what is written in"
    " another way from now on can be an instance of its own), or accept today's reading for all of them:"
    " `concord rebuild` or `concord quarantine replay` with --accept-reading, --actor and --reason."
)

# The rows that are rejected now and were not when their batch was loaded.
REFUSED = """
    create or replace temp table refused as
    select now._batch_id, now.table_name, now.row_key, now._file_name, now._line_number
    from after.{dataset}.rejected_row as now
    where
        now._source_instance = getvariable('mine')
        and now._batch_id in (
            select batch_id from before.raw_concord.load_batch
            where source_instance = getvariable('mine') and status = 'LOADED'
        )
        and not exists (
            select 1 from before.{dataset}.rejected_row as earlier
            where
                earlier._source_instance = now._source_instance
                and earlier._batch_id = now._batch_id
                and earlier.table_name = now.table_name
                and earlier._file_name is not distinct from now._file_name
                and earlier._line_number is not distinct from now._line_number
                and coalesce(earlier._position, 1) = coalesce(now._position, 1)
        )
"""

# A version may come with another batch now, since a row before it passes; what it says must be there. What a
# snapshot deletes is made from the version before it.
COMPARED = """
    with
    now as (
        select _row_key, _record_hash, _is_deleted from after.{dataset}.{table}
        where _source_instance = getvariable('mine')
    ),
    missing as (
        select earlier._batch_id, earlier._row_key, earlier._file_name, earlier._line_number
        from before.{dataset}.{table} as earlier
        anti join now using (_row_key, _record_hash)
        where
            earlier._source_instance = getvariable('mine')
            and not (earlier._is_deleted and earlier._row_key in (select _row_key from now where _is_deleted))
    ),
    mine as (select * from refused where table_name = '{table}'),
    counted as (
        select _batch_id, 1 as rejected, 0 as changed from mine
        union all
        select _batch_id, 0, 1 from missing
        where
            not exists (
                select 1 from mine
                where mine._batch_id = missing._batch_id and mine.row_key = missing._row_key
            )
            and not exists (
                select 1 from mine
                where
                    mine._batch_id = missing._batch_id
                    and mine._file_name is not distinct from missing._file_name
                    and mine._line_number = missing._line_number
            )
    )
    select _batch_id, sum(rejected)::bigint, sum(changed)::bigint from counted group by all order by all
"""


class ReadingChangedError(ValueError):
    """Files that were loaded would be read differently; which, and what to do about it."""


@dataclass(frozen=True)
class Reread:
    """Rows of one table and batch: `rejected` would be kept out now, `changed` would say something else."""

    instance: str
    batch_id: str
    table: str
    rejected: int
    changed: int

    def __str__(self) -> str:
        return (
            f"{self.instance}, batch {self.batch_id}, {self.table}:"
            f" {self.rejected:,} loaded rows would be rejected, {self.changed:,} read as something else"
        )


@dataclass(frozen=True)
class Acceptance:
    """Who wants today's reading for all files, and why."""

    actor: str
    reason: str


def differences(run: RunContext, before: Path, after: Path, spec: SystemSpec, instance: str) -> list[Reread]:
    """What the warehouse `after` read differently from the one `before`, both with raw tables of the spec.

    Raises `duckdb.Error` when one of them cannot be read.
    """
    found = []
    with bounded(run.scratch) as connection:
        connection.execute("set variable mine = ?", [instance])
        for name, path in (("before", before), ("after", after)):
            let_go(path)
            connection.execute(f"attach '{path}' as {name} (read_only)")
        connection.execute(REFUSED.format(dataset=spec.dataset))
        present = {
            row[0]
            for row in connection.execute(
                "select table_name from duckdb_tables() where database_name = 'before' and schema_name = ?",
                [spec.dataset],
            ).fetchall()
        }
        for table in (table.name for table in spec.tables if table.name in present):
            query = COMPARED.format(dataset=spec.dataset, table=table)
            found += [
                Reread(instance, batch_id, table, rejected, changed)
                for batch_id, rejected, changed in connection.execute(query).fetchall()
            ]
    return found


def require_same_reading(run: RunContext, system: str, accepted: Acceptance | None = None) -> str:
    """Compares a system loaded beside (`Settings.workshop`) with the warehouse in HOME; returns what to tell.

    Raises `ReadingChangedError` for a reading that differs and that nobody accepted.
    """
    before = run.settings.warehouse_in_home
    if not before.is_file():
        return f"{system}: there is no warehouse, so that its reading could be compared with nothing"
    found: dict[str, list[Reread]] = {}
    try:
        create_raw_tables(before)
        for instance in run.landscape.instances_of(system):
            after = run.settings.warehouse_path
            found[instance.name] = differences(run, before, after, instance.spec, instance.name)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        return f"{system}: the warehouse could not be read, so that nothing was compared: {error}"
    _settle(run, found, accepted)
    return ""


def require_same_reload(run: RunContext, instance: str, load: Load) -> None:
    """Compares what a load is going to take out and load again, since a batch before it was let in late.

    Only where it was read by another contract than today's. Raises `ReadingChangedError`.
    """
    version = run.landscape.instances[instance].spec.contract_version
    accepted = run.state.batches(instance, "ACCEPTED")
    loaded = loaded_versions(run.settings.warehouse_path, instance)
    first = next((at for at, batch in enumerate(accepted) if batch.batch_id not in loaded), len(accepted))
    again = [batch.batch_id for batch in accepted[first:]]
    older = {name for name in again if loaded.get(name, version) != version}
    if older:
        rehearse(run, {instance: older}, load)


def rehearse(
    run: RunContext,
    batches: Mapping[str, Collection[str]],
    load: Load,
    accepted: Acceptance | None = None,
) -> None:
    """Loads instances beside the warehouse and compares what was loaded of some of their batches.

    Raises `ReadingChangedError` like `require_same_reading`; the warehouse stays as it is.
    """
    found = {}
    for instance, wanted in batches.items():
        with TemporaryDirectory(dir=run.scratch.folder) as folder:
            beside = replace(run, settings=replace(run.settings, workshop=Path(folder)), parsed={}, loaded={})
            path = beside.settings.warehouse_path
            create_raw_tables(path)
            load(beside, instance)
            spec = run.landscape.instances[instance].spec
            compared = differences(run, run.settings.warehouse_path, path, spec, instance)
            found[instance] = [each for each in compared if each.batch_id in wanted]
    _settle(run, found, accepted)


def loaded_counts(path: Path) -> tuple[int, int]:
    """How many rows a warehouse took from the landing copy, unchanged ones too, and how many it rejected."""
    with opened(path, read_only=True) as connection:
        [(loaded, rejected)] = connection.execute(
            "select coalesce(sum(new_version_rows + unchanged_rows), 0)::bigint,"
            " coalesce(sum(rejected_rows), 0)::bigint from raw_concord.load_batch where status = 'LOADED'"
        ).fetchall()
    return loaded, rejected


def _settle(run: RunContext, found: dict[str, list[Reread]], accepted: Acceptance | None) -> None:
    different = {instance: rows for instance, rows in found.items() if rows}
    if different and accepted is None:
        raise ReadingChangedError("\n".join(_words(different)))
    for instance, rows in different.items():
        assert accepted is not None
        detail = {"reason": accepted.reason, "read differently": "; ".join(map(str, rows))}
        audit(run, accepted.actor, "reading accepted", instance, detail)


def _words(different: dict[str, list[Reread]]) -> Iterable[str]:
    names = ", ".join(different)
    yield f"Files of {names} would be read differently than when they were loaded; nothing was changed."
    rows = [row for rows in different.values() for row in rows]
    yield from (f"  {row}" for row in rows[:MOST_TOLD])
    if len(rows) > MOST_TOLD:
        yield f"  ... and {len(rows) - MOST_TOLD:,} more batches and tables"
    yield REMEDY.format(instance=names)
