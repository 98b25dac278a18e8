"""The one resource of a run: its context, its lock on HOME and what its steps report to each other."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import dagster as dg
from pydantic import PrivateAttr

from dagster_project import lock
from expectations.results import GateResult
from ingestion.configuration.credentials import ExpiringCredential
from ingestion.configuration.landscape import load_landscape
from ingestion.reports import LandReport, LoadReport
from ingestion.runs import RunContext, start_run
from ingestion.settings import environment, load_settings
from publishing.reports import DeliveryReport


@dataclass
class RunLog:
    """What the steps of one run did, for the summary and the exit code."""

    started: float = field(default_factory=time.monotonic)
    landed: list[LandReport] = field(default_factory=list)
    credentials: list[ExpiringCredential] = field(default_factory=list)
    gated: dict[str, GateResult] = field(default_factory=dict)
    loaded: list[LoadReport] = field(default_factory=list)
    delivered: list[DeliveryReport] = field(default_factory=list)
    serving_seconds: float | None = None
    unserved: str = ""


class RunResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The run as every step sees it.

    `as_of` (YYYY-MM-DD) and `known_at` (ISO 8601) default to the landscape and the clock; `publish: false`
    sends nothing, whatever the landscape allows. `workshop` is the folder of a warehouse built beside;
    `accepted_by` wants landed files as they are read today, for the reason `accepted_because`.
    """

    home: str
    landscape_dir: str
    as_of: str | None = None
    known_at: str | None = None
    publish: bool = True
    workshop: str | None = None
    accepted_by: str = ""
    accepted_because: str = ""
    _context: RunContext = PrivateAttr()
    _log: RunLog = PrivateAttr()

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Generator["RunResource", None, None]:
        environ = environment()
        settings = load_settings(
            environ,
            home=self.home,
            landscape_dir=self.landscape_dir,
            as_of=date.fromisoformat(self.as_of) if self.as_of else None,
            known_at=datetime.fromisoformat(self.known_at) if self.known_at else None,
            publish=self.publish,
            workshop=Path(self.workshop) if self.workshop else None,
            accepted_by=self.accepted_by,
            accepted_because=self.accepted_because,
        )
        lock.acquire(Path(self.home))
        try:
            landscape = load_landscape(Path(self.landscape_dir), environ)
            self._context = start_run(settings, landscape, run_id=context.run_id)
            self._log = RunLog()
            yield self
            self._context.state.close()
        finally:
            lock.release(Path(self.home))

    @property
    def context(self) -> RunContext:
        return self._context

    @property
    def log(self) -> RunLog:
        return self._log
