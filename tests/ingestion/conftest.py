"""Helpers: a landscape made from text, a run on it, and one pass of land, accept and load."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion import pipelines
from ingestion.configuration.landscape import load_landscape
from ingestion.reports import LandReport, LoadReport
from ingestion.runs import RunContext, start_run
from ingestion.settings import load_settings
from sandbox.servers.postgres import PostgresServer
from tests.ingestion.legacy import Legacy
from tests.ingestion.wires import SECRET

HEADER = (
    "name: test\nenvironment: test\ncurrency: USD\ntimezone: America/Chicago\nas_of: 2026-06-30\ninstances:\n"
)


class Harness:
    """One HOME and one landscape; each `run()` starts an hour after the one before."""

    def __init__(self, folder: Path, instances: str, environ: Mapping[str, str]) -> None:
        self.folder = folder
        self.home = folder / "home"
        (folder / "landscape").mkdir(exist_ok=True)
        (folder / "landscape" / "landscape.yaml").write_text(HEADER + instances)
        self.environ = {"SECRET": SECRET, "WRONG": "wrong", **environ}
        self.settings: Mapping[str, str] = {}
        self.now = datetime(2026, 7, 1, 6, tzinfo=UTC)
        self.open_runs: list[RunContext] = []

    def run(self) -> RunContext:
        self.now += timedelta(hours=1)
        settings = load_settings(self.settings, home=self.home)
        run = start_run(settings, load_landscape(self.folder / "landscape", self.environ), now=self.now)
        self.open_runs.append(run)
        return run

    def refresh(self) -> tuple[dict[str, LandReport], dict[str, LoadReport]]:
        """Lands every instance, accepts what keeps its contract, loads every system."""
        run = self.run()
        landed = {}
        for name in run.landscape.instances:
            landed[name] = pipelines.land(run, name)
            for batch in pipelines.pending_batches(run, name):
                rest, _ = pipelines.hold_parts(run, batch)
                if rest:
                    pipelines.accept_batch(run, rest)
        systems = {instance.system for instance in run.landscape.instances.values()}
        return landed, {system: pipelines.load_system(run, system) for system in sorted(systems)}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.home / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def raw(self, table: str) -> list[tuple[Any, ...]]:
        """A raw table without what dlt adds, ordered."""
        return self.query(f"select * exclude (_dlt_load_id) from {table} order by all")

    def close(self) -> None:
        for run in self.open_runs:
            run.state.close()


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[Callable[..., Harness]]:
    made: list[Harness] = []

    def make(instances: str, environ: Mapping[str, str] | None = None) -> Harness:
        made.append(Harness(tmp_path, instances, environ or {}))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def feed(harness: Callable[..., Harness], tmp_path: Path) -> "FeedHarness":
    folder = tmp_path / "feed"
    folder.mkdir()
    made = harness(f"  erp_a:\n    system: feed\n    connection: {{folder: {folder}}}\n")
    return FeedHarness(made, folder)


class FeedHarness:
    """A harness whose one instance `erp_a` is a feed folder."""

    def __init__(self, harness: Harness, folder: Path) -> None:
        self.harness, self.folder = harness, folder

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def refresh(self) -> tuple[LandReport, LoadReport]:
        landed, loaded = self.harness.refresh()
        return landed["erp_a"], loaded["feed"]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    with PostgresServer(tmp_path_factory.mktemp("postgres") / "data") as running:
        yield running


@pytest.fixture
def legacy(server: PostgresServer, harness: Callable[..., Harness]) -> Legacy:
    return Legacy(server, harness)
