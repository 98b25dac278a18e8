"""A release test: the whole pipeline under today's contract and under a new one, and what differs.

Everything happens in a scratch home (`scratch.py`). The new contract is built first, so that one that cannot
be built says so early; what is not of its application is loaded once for both.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from concord.contract_check import payloads_of
from concord.release_comparison import Change, compare_messages, compare_tables, sent
from concord.spec_changes import spec_changes
from dagster_project.progress import Listener
from dagster_project.trial import Built, build, failed_tests, newly_broken, under, would_hold
from ingestion import pipelines
from ingestion.contracts.proposed import ProposedContract
from ingestion.contracts.published import FieldChange
from ingestion.landing_copy.landing import write_batch
from ingestion.registry import SYSTEMS
from ingestion.runs import RunContext

ACTOR = "release test"
Rejected = Mapping[tuple[str, str, str], int]


class ReleaseTestError(Exception):
    """The new contract cannot be tried or would be held at the door; `reasons` say what and where."""

    def __init__(self, message: str, reasons: tuple[str, ...] = ()) -> None:
        self.reasons = reasons
        super().__init__(message)


@dataclass(frozen=True)
class Question:
    """What is asked; `limit` bounds the examples.

    `payloads` take the place of the instance's own under the new contract, `before` under today's; without
    them a side reads the landing copy.
    """

    instance: str
    proposed: ProposedContract
    payloads: Path | None = None
    before: Path | None = None
    limit: int = 5


@dataclass(frozen=True)
class Side:
    """One contract and what came of it: rows read and rejected, messages that would be sent by stream."""

    contract_version: str
    payloads: str
    landed_rows: int
    rejected: tuple[tuple[str, str, str, int], ...]
    undeclared: Mapping[str, tuple[str, ...]]
    would_send: Mapping[str, int]


@dataclass(frozen=True)
class ReleaseReport:
    """Today's side, the new side, and every table and stream that differs.

    `failed_tests` are the data tests that fail only with the new contract.
    """

    instance: str
    system: str
    as_of: str
    today: Side
    new: Side
    contract: tuple[FieldChange, ...]
    failed_tests: tuple[str, ...]
    tables: tuple[Change, ...]
    outbound: tuple[Change, ...]
    compared_tables: int

    @property
    def is_different(self) -> bool:
        return bool(
            self.tables or self.outbound or self.failed_tests or self.today.rejected != self.new.rejected
        )


def try_release(run: RunContext, asked: Question, say: Listener) -> ReleaseReport:
    """Builds both sides in the scratch home of `run` and compares them.

    Raises `ReleaseTestError` before anything is built when the door would hold what the new contract reads,
    and `DbtError` when the models cannot be built.
    """
    system = run.landscape.instances[asked.instance].system
    shipped, proposed = SYSTEMS[system], asked.proposed
    trial = under(run, proposed.spec, proposed.models)
    payloads = _Payloads(run, asked.instance)
    say("reading the payloads by the new contract")
    payloads.lay(trial, asked.payloads)
    _judge_others(trial, run, system, asked.instance if asked.payloads else "")
    new = build(trial, proposed.spec, shipped, "new", say)
    say("new: testing the data")
    failing = failed_tests(trial)
    payloads.lay(run, asked.before)
    old = build(run, shipped, proposed.spec, "today", say)
    if failing:
        known = failed_tests(run, failing)
        failing = tuple(name for name in failing if name not in known)
    say("comparing")
    tables = compare_tables(old.database, new.database, new.keys, limit=asked.limit)
    outbound = compare_messages(old.outbound, new.outbound, limit=asked.limit)
    return ReleaseReport(
        instance=asked.instance,
        system=system,
        as_of=run.as_of.isoformat(),
        today=_side(old, shipped.contract_version, asked.before),
        new=_side(new, proposed.spec.contract_version, asked.payloads),
        contract=tuple(change for change, _ in spec_changes(shipped, proposed.spec)),
        failed_tests=failing,
        tables=tuple(change for change in tables if change.is_difference),
        outbound=tuple(change for change in outbound if change.is_difference),
        compared_tables=len(tables),
    )


class _Payloads:
    """What stands in the landing copy for the instance: its own payloads, or those of a folder."""

    def __init__(self, run: RunContext, instance: str) -> None:
        self._own = run.settings.landing_dir / instance
        self._kept = run.settings.home / "kept"
        self._instance, self._is_replaced = instance, False
        accepted = run.state.batches(instance, "ACCEPTED")
        # As known from the beginning: what is replayed must not look as if it had been learned late.
        self._known_at = min((batch.known_at for batch in accepted), default=run.known_at)

    def lay(self, run: RunContext, folder: Path | None) -> None:
        """Lays the folder's payloads, judged and accepted, in place of what is there; None lays its own."""
        if folder is None and not self._is_replaced:
            return
        if not self._is_replaced and self._own.exists():
            self._own.rename(self._kept)
        shutil.rmtree(self._own, ignore_errors=True)
        self._is_replaced = folder is not None
        if folder is not None:
            self._record(run, folder)
        elif self._kept.exists():
            self._kept.rename(self._own)

    def _record(self, run: RunContext, folder: Path) -> None:
        given = run.landscape.instances[self._instance]
        found, refused = payloads_of(given.spec, folder)
        if refused or not found:
            words = refused or (f"{folder} holds no files",)
            raise ReleaseTestError(f"the payloads in {folder} cannot be read", words)
        batch = write_batch(
            run.settings.landing_dir,
            batch_id=f"{self._known_at:%Y%m%dT%H%M%S%f}-recorded",
            instance=self._instance,
            system=given.system,
            run_id=run.run_id,
            known_at=self._known_at,
            payloads=found,
            cursors={},
            seal=run.seal,
        )
        run.state.save_batch(batch)
        if reasons := would_hold(run, batch):
            version = given.spec.contract_version
            raise ReleaseTestError(
                f"the landing gate would hold the payloads in {folder} under contract {version}", reasons
            )
        pipelines.accept_batch(run, batch, ACTOR)
        run.parsed.clear()


def _judge_others(trial: RunContext, run: RunContext, system: str, replaced: str) -> None:
    """Refuses a contract that breaks what the landing copy holds of the application's instances."""
    reasons = tuple(
        f"{instance.name}: {drift}"
        for instance in run.landscape.instances_of(system)
        if instance.name != replaced
        for drift in newly_broken(trial, run, instance.name)
    )
    if reasons:
        raise ReleaseTestError(
            "the landing gate would hold what the landing copy has, read by the new contract;"
            " replay payloads of the new version with --payloads",
            tuple(dict.fromkeys(reasons)),
        )


def _side(built: Built, version: str, payloads: Path | None) -> Side:
    return Side(
        version,
        str(payloads or "landing copy"),
        built.loaded.landed_rows,
        tuple((*place, count) for place, count in sorted(built.rejected.items())),
        built.loaded.unknown_columns,
        {f"{one.target}.{one.entity}": sent(messages) for one, messages in built.outbound.items()},
    )
