"""What should not be trusted of a batch is held apart, so that the rest of it flows.

A resource that broke its contract and a snapshot that lost too much are set aside whole, a key set that lost
too much by itself; each waits as a batch of its own for a person.
"""

from collections.abc import Iterable
from dataclasses import replace

from ingestion.landing_copy.arrivals import decide
from ingestion.landing_copy.landing import Batch, set_aside
from ingestion.raw.key_sets import KeyLoss, losses
from ingestion.raw.snapshots import Verdict, deletable, judge
from ingestion.reading import known_keys, read_batch, spec_of
from ingestion.reports import HeldPart
from ingestion.runs import RunContext


def hold_parts(run: RunContext, batch: Batch) -> tuple[Batch | None, tuple[HeldPart, ...]]:
    """Holds what should not be trusted of a batch, each part as a batch of its own.

    That is every resource that broke its contract or whose newest snapshot lost too much, and by itself every
    key set that would delete more than it may. What is left goes on to the gate; None when nothing is.
    """
    content, parts = read_batch(run, batch), list[HeldPart]()
    shrunk = [each for each in judge_snapshots(run, batch).shrinkages if each.is_too_much]
    lost = [each for each in key_losses(run, batch) if each.is_too_much]
    rest: Batch | None = batch
    for resource in spec_of(run, batch).resources:
        tables = resource.tables
        is_there = any(file.resource == resource.name for file in batch.files)
        drift = tuple(each for each in content.drift if each.is_breaking and each.table in tables)
        shrinkages = tuple(each for each in shrunk if each.table in tables)
        losses_here = tuple(each for each in lost if each.table in tables)
        for found, actor in (
            (HeldPart(batch, drift=drift if is_there else ()), "contract check"),
            (HeldPart(batch, shrinkages=shrinkages), "snapshot check"),
            (HeldPart(batch, losses=losses_here), "key set check"),
        ):
            if rest and found.reasons:
                rest, part = _divided(run, rest, resource.name, only_keys=bool(found.losses))
                parts.append(replace(found, batch=hold_batch(run, part, found.reasons, actor)))
                break
    return rest, tuple(parts)


def key_losses(run: RunContext, batch: Batch) -> tuple[KeyLoss, ...]:
    """What the key sets of a batch would delete of what raw has."""
    content = read_batch(run, batch)
    if not content.key_sets:
        return ()
    known = known_keys(run, batch.instance, list(content.key_sets))
    return tuple(losses(content.key_sets, spec_of(run, batch), known))


def hold_batch(run: RunContext, batch: Batch, reasons: Iterable[str], actor: str = "landing gate") -> Batch:
    """Keeps a batch out of raw; its rows are asked for again in the next run."""
    return decide(run, batch, "HELD", "; ".join(reasons), actor)


def judge_snapshots(run: RunContext, batch: Batch, *, is_released: bool = False) -> Verdict:
    """How far the snapshots of a batch shrank, beside the last accepted ones and the keys raw has."""
    spec, content = spec_of(run, batch), read_batch(run, batch)
    accepted = run.state.batches(batch.instance, "ACCEPTED")
    tables = deletable(batch, spec)
    known = known_keys(run, batch.instance, tables) if tables else {}
    return judge(batch, content, spec, accepted, known, run.scratch, is_released=is_released)


def _divided(run: RunContext, batch: Batch, resource: str, *, only_keys: bool) -> tuple[Batch | None, Batch]:
    """What is left of a batch without the files of a resource, and these."""
    if all(file.resource == resource and (file.is_key_set or not only_keys) for file in batch.files):
        return None, batch
    rest, part = set_aside(batch, resource, only_keys=only_keys)
    run.state.save_batch(part)
    run.state.save_batch(rest)
    run.parsed.pop((batch.instance, batch.batch_id), None)
    return rest, part
