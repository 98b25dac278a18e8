"""What the steps of ingestion report: plain values for the summary, the orchestrator and the exit code."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from ingestion.contracts.drift import Drift
from ingestion.contracts.rejects import RejectedRow
from ingestion.landing_copy.landing import Batch
from ingestion.raw.key_sets import KeyLoss, KeySet
from ingestion.raw.scratch import Rows
from ingestion.raw.shrinkage import Shrinkage


@dataclass(frozen=True)
class Refusal:
    """A file that was not taken, in words for the person who can mend it."""

    file: str
    reason: str
    remedy: str
    status: str = "REFUSED"

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}; {self.remedy}"


@dataclass(frozen=True)
class LandReport:
    """One attempt to fetch from an instance. Not available = the source was down; the rest still counts."""

    instance: str
    system: str
    is_available: bool
    message: str
    batch: Batch | None = None
    refusals: tuple[Refusal, ...] = ()
    unread: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        return self.is_available and not self.refusals


@dataclass(frozen=True)
class BatchContent:
    """A landed batch read and checked: typed rows per table, rejected rows, landed rows, drift, key sets."""

    batch: Batch
    tables: Mapping[str, Rows]
    rejected: tuple[RejectedRow, ...]
    landed_rows: Mapping[str, int]
    unknown_columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    drift: tuple[Drift, ...] = ()
    key_sets: Mapping[str, KeySet] = field(default_factory=dict)

    @property
    def rows_in_memory(self) -> int:
        return sum(rows.num_rows for rows in self.tables.values() if isinstance(rows, pa.Table))


@dataclass(frozen=True)
class HeldPart:
    """The part of a batch that stays out: it broke its contract, or its snapshot or key set lost too much."""

    batch: Batch
    drift: tuple[Drift, ...] = ()
    shrinkages: tuple[Shrinkage, ...] = ()
    losses: tuple[KeyLoss, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(map(str, (*self.drift, *self.shrinkages, *self.losses)))


@dataclass(frozen=True)
class TableLoad:
    """One batch x table in raw: landed = new versions + unchanged + rejected.

    Late rows are new versions that the source had replaced by a newer one before they arrived. Deleted rows
    are versions beside these: keys that a snapshot or a key set no longer has.
    """

    instance: str
    batch_id: str
    table: str
    landed_rows: int
    new_version_rows: int
    unchanged_rows: int
    rejected_rows: int
    late_rows: int = 0
    deleted_rows: int = 0


@dataclass(frozen=True)
class LoadReport:
    """What `load_system` did.

    `unknown_columns` names source fields kept only in `_extension`; `drift` is what else was loaded although
    the contract does not say it.
    """

    system: str
    loads: tuple[TableLoad, ...]
    load_ids: tuple[str, ...]
    unknown_columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    drift: tuple[Drift, ...] = ()

    @property
    def landed_rows(self) -> int:
        return sum(load.landed_rows for load in self.loads)

    @property
    def new_version_rows(self) -> int:
        return sum(load.new_version_rows for load in self.loads)

    @property
    def rejected_rows(self) -> int:
        return sum(load.rejected_rows for load in self.loads)

    @property
    def late_rows(self) -> int:
        return sum(load.late_rows for load in self.loads)

    @property
    def deleted_rows(self) -> int:
        return sum(load.deleted_rows for load in self.loads)


@dataclass(frozen=True)
class CheckLine:
    """One line of `concord check`; `remedy` is what to do about one that is not ok, in one line."""

    subject: str
    ok: bool
    message: str
    remedy: str = ""
