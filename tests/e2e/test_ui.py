"""The user interface on the home that the command line filled: graph, owners, checks and history."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from browser import FLAGS, Page, browsing
from house import ROOT, Finished

# Whole runs, on a machine that may be busy.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
START_SECONDS = 120
NODES = """{ assetNodes {
    assetKey { path } groupName owners { ... on TeamAssetOwner { team } }
    assetChecksOrError { ... on AssetChecks { checks { name } } }
} }"""
RUNS = "{ runsOrError { ... on Runs { results { runId jobName status tags { key value } } } } }"
RUN_SECONDS = 900


@dataclass(frozen=True)
class Ui:
    """A running user interface."""

    url: str

    def ask(self, query: str) -> dict[str, Any]:
        answer = httpx.post(f"{self.url}/graphql", json={"query": query}, timeout=60, trust_env=False).json()
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data


@pytest.fixture(scope="module")
def ui(later: Finished, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("ui") / "dev.log"
    process = later.house.start("dev", "--home", later.house.home, "--port", str(port), log=log)
    found = Ui(f"http://127.0.0.1:{port}")
    try:
        _wait(found, process, log)
        yield found
    finally:
        later.house.interrupt(process)


def _wait(ui: Ui, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if ui.ask(NODES)["assetNodes"]:
                return
        except (httpx.HTTPError, ValueError):
            pass
        time.sleep(1)
    pytest.fail(f"no user interface at {ui.url}:\n{log.read_text(encoding='utf-8')[-4000:]}")


def test_assets_have_group_and_owner_and_show_their_checks(ui: Ui) -> None:
    nodes = ui.ask(NODES)["assetNodes"]
    assert len(nodes) > 100
    assert [node["assetKey"]["path"] for node in nodes if not node["groupName"]] == []
    keys = {"/".join(node["assetKey"]["path"]) for node in nodes}
    assert {"landing/apauto", "raw_procurement/purchase_order_line", "marts/mart_spend"} <= keys
    assert {"serving/concord", "delivery/apauto__invoice_match_status", "state/verdict_journal"} <= keys
    # Tables of raw that no step of ours makes are external sources; everything else names its team.
    unowned = ["/".join(node["assetKey"]["path"]) for node in nodes if not node["owners"]]
    assert unowned == []
    checks = {
        "/".join(node["assetKey"]["path"]): node["assetChecksOrError"].get("checks", []) for node in nodes
    }
    assert {check["name"] for check in checks["landing/apauto"]} == {"landing_suite", "credentials"}
    shown = {check["name"] for found in checks.values() for check in found}
    assert {path.stem for path in (ROOT / "dbt_project" / "tests").rglob("*.sql")} <= shown


def test_the_run_of_the_command_line_is_history(ui: Ui, later: Finished) -> None:
    runs = ui.ask(RUNS)["runsOrError"]["results"]
    assert later.house.summary["run_id"] in {run["runId"] for run in runs}
    assert {run["status"] for run in runs} == {"SUCCESS"} and "refresh" in {run["jobName"] for run in runs}


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium")
@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("locations/__repository__@concord/asset-groups/spend/lineage", ("mart_spend",)),
        ("assets/landing/apauto?view=checks", ("landing_suite",)),
        ("runs", ("refresh",)),
    ],
)
def test_a_browser_renders_it(ui: Ui, tmp_path: Path, page: str, words: tuple[str, ...]) -> None:
    assert CHROMIUM is not None
    done = subprocess.run(
        [
            CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path}", "--window-size=1600,1000",
            "--virtual-time-budget=30000", "--dump-dom", f"{ui.url}/{page}",
        ],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    for word in words:
        assert word in done.stdout, f"{word} is not on {page}"


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium")
def test_a_range_of_days_is_backfilled_as_one_run_from_the_browser(
    ui: Ui, later: Finished, tmp_path: Path
) -> None:
    assert CHROMIUM is not None
    sent = _outbox(later)
    with browsing(CHROMIUM, tmp_path) as page:
        page.open(f"{ui.url}/locations/__repository__@concord/jobs/backfill")
        page.click("Materialize all")
        _confirm(page)
        page.fill('input[placeholder^="ex:"]', "[2026-03-02...2026-03-04]")
        page.wait_for("3 partitions")
        page.click("Launch backfill")
        deadline = time.monotonic() + RUN_SECONDS
        while not (runs := _backfills(ui)) or runs[0]["status"] not in ("SUCCESS", "FAILURE", "CANCELED"):
            assert time.monotonic() < deadline, runs
            time.sleep(2)
    [run] = runs
    tags = {tag["key"]: tag["value"] for tag in run["tags"]}
    assert run["status"] == "SUCCESS"
    assert tags["dagster/asset_partition_range_start"] == "2026-03-02"
    assert tags["dagster/asset_partition_range_end"] == "2026-03-04"
    assert later.house.summary["run_id"] == run["runId"] and _outbox(later) == sent


def _confirm(page: Page) -> None:
    """The interface asks first when something beside the job's assets was never made, such as a delivery."""
    page.wait_for("Partition selection", "Are you sure?")
    if "Are you sure?" in page.text():
        page.click("Confirm")


def _backfills(ui: Ui) -> list[dict[str, Any]]:
    return [run for run in ui.ask(RUNS)["runsOrError"]["results"] if run["jobName"] == "backfill"]


def _outbox(later: Finished) -> str:
    return later.house.ask("outbox", "list").out
