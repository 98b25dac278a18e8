"""New versions on their way into raw: what is in memory as tables, what lies in a file by a query over it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ingestion.landing_copy.landing import Batch
from ingestion.raw.arrow_types import arrow_schema
from ingestion.raw.raw_schema import table_columns
from ingestion.raw.scratch import Rows, SpilledRows
from ingestion.raw.versions import Decided
from ingestion.spec import SystemSpec


@dataclass(frozen=True)
class Fresh:
    """The new versions among the rows of one table of a batch, as raw rows."""

    spec: SystemSpec
    table: str
    batch: Batch
    rows: Rows
    decided: Decided

    @property
    def num_rows(self) -> int:
        return self.decided.new_rows

    def portions(self) -> Iterator[pa.Table]:
        for added in self.decided.versions(self.rows, self.decided.is_new):
            yield raw_table(self.spec, self.table, added, self.batch)

    def query(self) -> str:
        """SQL for the same rows where all that a file holds are first versions; else empty."""
        if not (isinstance(self.rows, SpilledRows) and self.decided.are_all_first):
            return ""
        constants = {**_constants(self.batch), "_version": 1}
        values = ", ".join(
            f"{_literal(constants[name], kind)} as {name}" if name in constants else f'"{name}"'
            for name, kind in table_columns(self.spec.table(self.table))
        )
        return f"select {values} from read_parquet({_literal(self.rows.path, 'varchar')})"


class Parts(list[Fresh | pa.Table]):
    """Raw rows of one table from several batches."""

    @property
    def num_rows(self) -> int:
        return sum(part.num_rows for part in self)

    def portions(self) -> Iterator[pa.Table]:
        for part in self:
            yield from [part] if isinstance(part, pa.Table) else part.portions()

    def waiting(self) -> Iterator[pa.Table]:
        return Parts(part for part in self if isinstance(part, pa.Table) or not part.query()).portions()

    def queries(self) -> Iterator[str]:
        """One query after another, since a large file is written through in pieces."""
        return filter(None, (part.query() for part in self if isinstance(part, Fresh)))


def raw_table(spec: SystemSpec, table: str, added: pa.Table, batch: Batch) -> pa.Table:
    columns = table_columns(spec.table(table))
    schema = arrow_schema(columns)
    count = added.num_rows
    constants = _constants(batch)

    def column(name: str) -> pa.Array | pa.ChunkedArray:
        kind = schema.field(name).type
        if name in constants:
            return pa.repeat(pa.scalar(constants[name], kind), count)
        return added.column(name).cast(kind)

    return pa.Table.from_arrays([column(name) for name, _ in columns], schema=schema)


def _constants(batch: Batch) -> dict[str, Any]:
    """What all raw rows of a batch have alike."""
    return {
        "_source_instance": batch.instance,
        "_known_at": batch.known_at,
        "_batch_id": batch.batch_id,
    }


def _literal(value: object, kind: str) -> str:
    text = str(value).replace("'", "''")
    return f"cast('{text}' as {kind})"
