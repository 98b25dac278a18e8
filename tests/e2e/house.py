"""A HOME driven only through the command line and the serving copy, as its users do."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import httpx
from click.testing import CliRunner

from concord.cli import main
from publishing.serving import DATABASE, SCHEMAS, read
from sandbox.generate import generate
from sandbox.serve import Sandbox

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "landscapes" / "demo"
SYSTEMS = {
    *(
        "procurement",
        "sourcing",
        "inventory",
        "apauto",
        "erp_cloud",
        "erp_legacy",
        "workforce",
        "distributor",
        "feed",
    ),
}
LATER_WORLD = (23, 1200)
# Whoever looks at the same world from the same moment on, with the same tokens, finds the same.
SAME_MOMENT = ("--known-at", "2030-01-01T00:00:00Z")
SAME_TOKENS = {"CONCORD_TOKEN_KEY": "0123456789abcdef0123456789abcdef"}
LATER = ("--seed", str(LATER_WORLD[0]), "--lines", str(LATER_WORLD[1]), *SAME_MOMENT)
CONCORD = str(Path(sys.executable).with_name("concord"))
# What may differ between two runs that saw the same world.
CHANGING = ("ingested_at", "evaluated_as_of", "last_seen_at", "run_id", "known_at")
# When a changed account was first loaded or a question first asked: the clock of the run, not of the finding.
LOADED_AT = {"rec_bank_change_vs_approval": "first_seen_at", "rec_decision_vs_question": "asked_at"}
# What spoke for two suppliers being one, weighed by what was known when it was asked.
WEIGHED = ("match_weight", "match_evidence")


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return f"exit {self.code}\n{self.out}\n{self.err}"


@dataclass
class House:
    """One HOME; `variables` connect the demo landscape to a running sandbox."""

    home: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()  # noqa: TID251
            if not name.startswith("CONCORD_") or name == "CONCORD_MODEL_THREADS"
        }
        # Some fifty processes import the same engine; one compiled copy is enough.
        kept.pop("PYTHONDONTWRITEBYTECODE", None)
        return {**kept, **self.variables}

    def concord(self, *arguments: str | Path, timeout: float = 900) -> Outcome:
        done = subprocess.run(
            [CONCORD, *map(str, arguments)],
            env=self.environ,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def ask(self, *arguments: str | Path) -> Outcome:
        """A command that only asks this home, without a process that imports the engine once more."""
        told = ["--home", str(self.home)]
        done = CliRunner().invoke(main, [*map(str, arguments), *told], env=dict(self.variables))
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Outcome(done.exit_code, done.stdout, done.stderr)

    def run(self, *options: str | Path, landscape: Path = DEMO) -> Outcome:
        return self.concord("run", "--landscape", landscape, "--home", self.home, *options)

    def demo(self, *options: str) -> Outcome:
        return self.concord("demo", "--home", self.home, *options)

    def start(self, *arguments: str | Path, log: Path) -> "subprocess.Popen[bytes]":
        """A command that goes on until it is interrupted, in a process group of its own."""
        with log.open("wb") as output:
            return subprocess.Popen(
                [CONCORD, *map(str, arguments)],
                env=self.environ,
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def interrupt(self, process: "subprocess.Popen[bytes]") -> None:
        """What Ctrl-C does: the whole group is told, and then waited for."""
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=60)

    def run_killed(self, when: Callable[[str], bool], wait: float, *options: str) -> int:
        """Starts a run and ends it and its children with SIGKILL `wait` seconds after its log says `when`."""
        log = self.home.parent / "killed.log"
        process = self.start("run", "--landscape", DEMO, "--home", self.home, *options, log=log)
        try:
            while process.poll() is None and not when(log.read_text(encoding="utf-8")):
                time.sleep(0.05)
            time.sleep(wait)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=60)
        return process.returncode

    def serve(self, sandbox: Sandbox) -> None:
        self.variables = dict(sandbox.endpoints["environment"])

    def empty(self) -> None:
        """Forgets everything but the parsed models."""
        self.home.mkdir(exist_ok=True)
        for entry in self.home.iterdir():
            if entry.name == "dbt":
                continue
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()

    @property
    def summary(self) -> dict[str, Any]:
        return self._json("summary.json")

    @property
    def score(self) -> dict[str, Any]:
        return self._json("score.json")

    def _json(self, name: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.home / name).read_text(encoding="utf-8"))
        return content

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of the serving copy."""
        return [tuple(row.values()) for row in read(self.home / "serving", sql, parameters).to_pylist()]

    def warehouse(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.home / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    @property
    def delivery(self) -> dict[str, Any]:
        found: dict[str, Any] = self.summary["deliveries"]["apauto.invoice_match_status"]
        return found

    def keep_serving(self, to: Path) -> Path:
        """A copy of the database served now."""
        shutil.copy((self.home / "serving" / DATABASE).resolve(), to)
        return to


@dataclass(frozen=True)
class Finished:
    """A home after one command, and what the command said."""

    house: House
    outcome: Outcome

    @property
    def world(self) -> Path:
        folder = self.house.home / "sandbox"
        return folder / (folder / "current").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Laboratory:
    """One home whose models stay parsed; every world starts it from nothing."""

    house: House
    folder: Path

    def world(self, name: str, seed: int, lines: int, faults: str = "all") -> Path:
        folder = self.folder / name
        generate(seed, lines, faults, None, folder)
        return folder

    def start(self, world: Path) -> Sandbox:
        self.house.empty()
        sandbox = Sandbox(world, 0).start()
        self.house.serve(sandbox)
        return sandbox


# What no rule finds but matching, by itself: some of it is asked instead.
LEAST_RECALL = {"DUPLICATE_SUPPLIER": 0.8}


def assert_perfect(score: dict[str, Any]) -> None:
    """Every planted fault was found with its cause, and nothing else."""
    for row in score["faults"]:
        assert (row["precision"], row["cause_accuracy"]) == (1.0, 1.0), row
        assert row["recall"] >= LEAST_RECALL.get(row["fault_code"], 1.0), row
    assert score["unlabelled_findings"] == 0, score["unlabelled_sample"]


def differences(one: Path, other: Path, *, weighed_alike: bool = True) -> dict[str, int]:
    """Per public table the rows that only one of two serving databases has; equal tables are left out.

    Not `weighed_alike`: suppliers arrived in another order, so a question may carry other weights.
    """
    found: dict[str, int] = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}' as a (read_only); attach '{other}' as b (read_only)")
        tables = {
            name: connection.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = ?", [name]
            ).fetchall()
            for name in ("a", "b")
        }
        assert sorted(tables["a"]) == sorted(tables["b"])
        for schema, table in tables["a"]:
            assert schema in SCHEMAS
            columns = [
                row[0]
                for row in connection.execute(
                    "select column_name from duckdb_columns() where database_name = 'a'"
                    " and schema_name = ? and table_name = ? order by column_index",
                    [schema, table],
                ).fetchall()
                if row[0] not in CHANGING
                and not row[0].startswith("_dlt_")
                and row[0] != LOADED_AT.get(table)
                and (weighed_alike or row[0] not in WEIGHED)
            ]
            listed = ", ".join(f'"{name}"' for name in columns)
            if not weighed_alike:
                listed = listed.replace('"evidence"', """json_merge_patch("evidence", '{"match": null}')""")
            [(count,)] = connection.execute(
                f"with one as (select {listed} from a.{schema}.{table}),"
                f" other as (select {listed} from b.{schema}.{table})"
                " select (select count(*) from (from one except all from other))"
                " + (select count(*) from (from other except all from one))"
            ).fetchall()
            if count:
                found[f"{schema}.{table}"] = count
    return found


def posted(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Everything the target ever accepted, asked for over its wire."""
    place = sandbox.endpoints["apauto"]
    with httpx.Client(base_url=place["url"], trust_env=False) as client:
        login = {name: place[name] for name in ("api_key", "api_secret")}
        token = client.post("/v1/token", json=login).json()["access_token"]
        answer = client.get("/v1/match-status/book", headers={"Authorization": f"Bearer {token}"})
    postings: list[dict[str, Any]] = answer.json()["postings"]
    return postings


# Numbers and times that a target gives; two books of the same writes may differ in them.
GIVEN_BY_TARGET = (
    "reference", "correlation_id", "Supplier", "AccountingDocument", "MaterialDocument", "id", "CreationDate",
    "LastChangeDateTime", "created-at", "updated-at", "AppliedAt", "File", "__metadata", "to_Items",
)  # fmt: skip


def books(sandbox: Sandbox) -> dict[str, list[str]]:
    """Every write any target ever accepted, by target and kind, without what the target itself gave."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(each) for key, each in value.items() if key not in GIVEN_BY_TARGET}
        return [plain(each) for each in value] if isinstance(value, list) else value

    with httpx.Client(base_url=sandbox.endpoints["control"]["url"], trust_env=False) as client:
        book = client.get("/_control/book").raise_for_status().json()
    return {
        f"{target}.{kind}": sorted(json.dumps(plain(entry), sort_keys=True) for entry in entries)
        for target, kinds in book.items()
        for kind, entries in kinds.items()
    }


def outbox(house: House) -> dict[str, tuple[str, str, str]]:
    """What the outbox model wants the target to know: status, codes and amount by invoice."""
    rows = house.warehouse(
        "select invoice_id, match_status, codes, cast(payable_amount as varchar)"
        " from outbox.out_apauto__invoice_match_status"
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def by_invoice(postings: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, str, str]]:
    return {
        item["invoice_id"]: (item["match_status"], ",".join(item["codes"]), item["payable_amount"])
        for item in postings
    }
