"""Retention: after the days a landscape allows, plain payloads give way to their rows with tokens.

What is left gives the same raw tables, which is checked before a payload is deleted; afterwards its sensitive
values exist in the vault and nowhere else. Fields that no contract declares go with the payload.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ingestion.contracts.contract import check_rows
from ingestion.formats.raw_rows import RawRows
from ingestion.landing_copy.landing import Batch, replace_payloads
from ingestion.landing_copy.tokenized import tokenized, tokenized_rows
from ingestion.parsing import raw_rows
from ingestion.raw.key_sets import key_rows, key_table
from ingestion.runs import RunContext
from ingestion.spec import TableSpec

ACTOR = "retention"


class RetentionError(RuntimeError):
    """A payload whose rows would not come out the same; it was left alone."""


@dataclass(frozen=True)
class Pruned:
    """A batch whose plain payloads go, or went, with their bytes as sent."""

    batch: Batch
    size: int


def overdue(run: RunContext) -> Iterator[Pruned]:
    """The batches older than their instance allows, oldest first; one that no gate has judged yet waits."""
    for instance in run.landscape.instances.values():
        for batch in run.state.batches(instance.name, "ACCEPTED", "HELD"):
            is_left_over = batch.tokenized and any((batch.path / file.name).exists() for file in batch.files)
            if instance.plain_kept_for is None or run.started_at - batch.known_at <= instance.plain_kept_for:
                continue
            if not batch.tokenized or is_left_over:
                yield Pruned(batch, sum(file.size for file in batch.files))


def prune(run: RunContext) -> Iterator[Pruned]:
    """Replaces the payloads of every overdue batch; each is audited. Raises `RetentionError`."""
    for found in overdue(run):
        batch = found.batch
        rows, keys = ({}, {}) if batch.tokenized else _checked(run, batch)
        changed = replace_payloads(batch, rows, keys, seal=run.seal)
        run.state.append_audit(
            at=run.started_at,
            actor=ACTOR,
            action="payloads replaced",
            subject=f"{batch.instance}/{batch.batch_id}",
            detail={"files": len(batch.files), "bytes": found.size, "run_id": run.run_id},
        )
        yield replace(found, batch=changed)


def _checked(run: RunContext, batch: Batch) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The rows of a batch by table, and those of its key sets."""
    spec = run.landscape.instances[batch.instance].spec
    rows = {
        name: _kept(run, batch, found, spec.table(name))
        for name, found in raw_rows(batch, spec, run.seal).items()
    }
    keys = {
        name: _kept(run, batch, found, key_table(spec.table(name)))
        for name, found in key_rows(batch, spec, run.seal).items()
    }
    return rows, keys


def _kept(run: RunContext, batch: Batch, rows: RawRows, table: TableSpec) -> bytes:
    content = tokenized(rows, run.tokenizer)
    if not _are_same(run, rows, tokenized_rows(content, table)):
        raise RetentionError(
            f"{batch.path}: the rows of {table.name} would not come out the same; the payloads stay"
        )
    return content


def _are_same(run: RunContext, plain: RawRows, kept: RawRows) -> bool:
    one, other = (check_rows(rows, run.tokenizer) for rows in (plain, kept))
    return (
        one.table.equals(other.table)
        and one.rejected == other.rejected
        and one.landed_rows == other.landed_rows
    )
