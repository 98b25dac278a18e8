"""What a landed batch says and what raw has beside it: every decision on a batch looks at these two.

Both are asked for several times in a run, by the gate and by the load, and kept within limits.
"""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from ingestion.contracts.discards import discarded_places
from ingestion.contracts.vanished import vanished
from ingestion.landing_copy.landing import Batch
from ingestion.parsing import UNREADABLE, parse_batch, unreadable
from ingestion.raw.loading import Loaded, load_instance
from ingestion.raw.rereading import require_same_reload
from ingestion.raw.warehouse import current_keys, raw_tables
from ingestion.reports import BatchContent
from ingestion.runs import RunContext
from ingestion.spec import SystemSpec

KEPT_ROWS = 500_000  # Parsed rows kept in memory for the load after the gate; a long backlog is read twice.


def read_batch(run: RunContext, batch: Batch) -> BatchContent:
    """A batch parsed and checked against its specs; kept in the run, within limits, for the load."""
    key = (batch.instance, batch.batch_id)
    if key not in run.parsed:
        spec, discarded = spec_of(run, batch), discarded_places(run.state, batch)
        try:
            content = parse_batch(batch, spec, run.tokenizer, discarded, run.seal, scratch=run.scratch)
        except UNREADABLE as error:
            content = unreadable(batch, spec, error)
        if sum(kept.rows_in_memory for kept in run.parsed.values()) + content.rows_in_memory > KEPT_ROWS:
            run.parsed.clear()
        run.parsed[key] = content
    found: BatchContent = run.parsed[key]
    return found


def load_one(run: RunContext, instance: str) -> Loaded:
    """Loads accepted batches of an instance that the warehouse does not have, as `pipelines.load_system`.

    The raw tables exist. Raises `ReadingChangedError` when batches would have to be read again, and read
    differently than they were.
    """
    require_same_reload(run, instance, load_one)
    spec = run.landscape.instances[instance].spec
    accepted, held = run.state.batches(instance, "ACCEPTED"), run.state.batches(instance, "HELD")
    loaded = load_instance(run, spec, instance, accepted, held, read=lambda batch: read_batch(run, batch))
    loaded.drift += vanished(run.settings.warehouse_path, spec, instance, loaded.loads)
    earlier: Loaded | None = run.loaded.pop(instance, None)
    return earlier.followed_by(loaded) if earlier else loaded


def known_keys(run: RunContext, instance: str, tables: Sequence[str]) -> Mapping[str, pa.Table]:
    """What raw has of tables of an instance, once all that was accepted before is in it."""
    spec = run.landscape.instances[instance].spec
    with raw_tables(run) as path:
        run.loaded[instance] = load_one(run, instance)
        return current_keys(path, spec.dataset, tables, instance)


def spec_of(run: RunContext, batch: Batch) -> SystemSpec:
    return run.landscape.instances[batch.instance].spec
