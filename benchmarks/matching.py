"""Supplier matching on masters whose truth is known: quality, look-alikes, review load, time and memory.

Beside it, in the same run, exact rules and a fuzzy comparison of names; each case is a process. Call:
`python -m benchmarks.matching --rows 10000 --seed 21`, with `--arrivals 1000` for a batch against the rest.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pyarrow as pa

from benchmarks.vendor_files import vendors
from ingestion.settings import child_environment, environment, load_settings
from matching import census
from matching.golden import update
from matching.identity import Membership, State
from matching.model import load_model
from matching.policy import DEFAULT
from matching.profile import profiles_of
from matching.scoring import score
from matching.session import pairs_of, records_of
from matching.splink_session import connected
from matching.yardstick.dress import Truth
from matching.yardstick.measure import quality

ROOT = Path(__file__).parent.parent
AT = datetime(2026, 1, 1, tzinfo=UTC)
LEAST_ALIKE = 90
MOST_NAMES = 5


class Clock:
    """Seconds of wall time and of processor time between laps."""

    def __init__(self) -> None:
        self.laps: dict[str, tuple[float, float]] = {}
        self._last = (time.monotonic(), time.process_time())

    def lap(self, name: str) -> None:
        now = (time.monotonic(), time.process_time())
        self.laps[name] = (now[0] - self._last[0], now[1] - self._last[1])
        self._last = now


def matched(profiles: pa.Table, truths: list[Truth], clock: Clock) -> dict[str, Any]:
    """The product: scores, gate, golden identity."""
    with connected() as connection:
        connection.register("incoming", profiles)
        connection.execute("create table profile as from incoming")
        counted = census.take(connection, load_model().words)
        clock.lap("census")
        scored = score(connection, counted)
        clock.lap("score")
    outcome = update(State(), records_of(profiles, {}, frozenset()), pairs_of(scored.pairs), AT, "bench")
    clock.lap("golden")
    found = asdict(quality(outcome.memberships, outcome.tasks, truths))
    found["golden"] = {row.record_key: row.golden_key for row in outcome.memberships}
    found["asked"] = [(task.left_key, task.right_key, task.kind, task.reason) for task in outcome.tasks]
    return {**found, "pairs": scored.blocked.pairs, "skipped": scored.blocked.skipped}


def exact_rules(profiles: pa.Table, truths: list[Truth], clock: Clock) -> dict[str, Any]:
    """Equal tax id that few names hold, or name with postal code, telephone or bank account."""
    blocks: dict[tuple[str, ...], list[str]] = defaultdict(list)
    rows = profiles.to_pylist()
    names: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        names[row["tax"]].add(row["name_core"])
    for row in rows:
        keys = [("tax", row["tax"])] if row["tax"] and len(names[row["tax"]]) <= MOST_NAMES else []
        for kind in ("zips", "phones", "banks"):
            keys += [(kind, row["name_core"], value) for value in row[kind] if row["name_core"]]
        for key in keys:
            blocks[key].append(row["record_key"])
    edges = [members for members in blocks.values() if len(members) > 1]
    return _grouped(profiles, edges, truths, clock)


def fuzzy_names(profiles: pa.Table, truths: list[Truth], clock: Clock) -> dict[str, Any]:
    """rapidfuzz token_sort_ratio of names with one first word and one region of postal codes."""
    from rapidfuzz import fuzz, process

    blocks: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for row in profiles.to_pylist():
        for code in {code[:3] for code in row["zips"]}:
            if row["name_core"]:
                blocks[row["name_root"], code].append((row["record_key"], row["name_core"]))
    lefts, rights = [], []
    for members in blocks.values():
        for at, one in enumerate(members):
            for other in members[at + 1 :]:
                lefts.append(one)
                rights.append(other)
    names = ([name for _, name in side] for side in (lefts, rights))
    alike = process.cpdist(*names, scorer=fuzz.token_sort_ratio)
    pairs = zip(lefts, rights, alike, strict=True)
    edges = [[one[0], other[0]] for one, other, points in pairs if points >= LEAST_ALIKE]
    return {**_grouped(profiles, edges, truths, clock), "pairs": len(lefts)}


def arrivals(profiles: pa.Table, count: int, clock: Clock) -> dict[str, Any]:
    """A full run, then `count` of its records as if they had arrived last; both with one saved census."""
    step = max(profiles.num_rows // count, 1)
    new = profiles["record_key"].to_pylist()[::step][:count]
    with connected() as connection:
        connection.register("incoming", profiles)
        connection.execute("create table profile as from incoming")
        counted = census.take(connection, load_model().words)
        clock.lap("census")
        full = score(connection, counted).pairs.to_pylist()
        clock.lap("full")
        some = score(connection, counted, arrived=new).pairs.to_pylist()
        clock.lap("arrivals")
    chosen = set(new)
    expected = {_key(row) for row in full if row["left_key"] in chosen or row["right_key"] in chosen}
    return {"expected": len(expected), "differences": len(expected ^ {_key(row) for row in some})}


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return (row["left_key"], row["right_key"], round(row["weight"], 6), row["band"])


def _grouped(
    profiles: pa.Table, edges: Iterable[list[str]], truths: list[Truth], clock: Clock
) -> dict[str, Any]:
    head = {key: key for key in profiles["record_key"].to_pylist()}

    def find(key: str) -> str:
        while head[key] != key:
            head[key] = head[head[key]]
            key = head[key]
        return key

    for members in edges:
        for other in members[1:]:
            head[find(other)] = find(members[0])
    clock.lap("golden")
    golden = {key: find(key) for key in head}
    members = [Membership(key, golden_key, AT, "", "") for key, golden_key in golden.items()]
    return {**asdict(quality(members, [], truths)), "golden": golden}


CASES: dict[str, Callable[[pa.Table, list[Truth], Clock], dict[str, Any]]] = {
    "Concord": matched,
    "exact rules": exact_rules,
    "rapidfuzz": fuzzy_names,
}


@click.command()
@click.option("--rows", default=10_000, show_default=True, help="Supplier records.")
@click.option("--seed", default=21, show_default=True, help="Of the fictional master; the model saw 101.")
@click.option("--file", "path", type=click.Path(path_type=Path), help="A master from a file instead.")
@click.option("--arrivals", "count", default=0, help="Score so many records against the rest instead.")
@click.option("--case", "one", hidden=True)
def main(rows: int, seed: int, path: Path | None, count: int, one: str | None) -> None:
    """Quality against the truth, seconds and memory per case."""
    if one:
        click.echo(json.dumps(_measured(one, rows, seed, path, count)))
        return
    load = os.getloadavg()[0]
    click.echo(f"{rows:,} records, seed {seed}, {os.cpu_count()} cores, load {load:.1f}")
    click.echo(f"model {load_model().version}\n")
    arguments = ["--rows", str(rows), "--seed", str(seed), "--arrivals", str(count)]
    arguments += ["--file", str(path)] if path else []
    if count:
        _show_arrivals(_in_process("arrivals", arguments), count)
        return
    results = {case: _in_process(case, arguments) for case in CASES}
    click.echo("| case | precision | recall | F1 | CPU s (wall s) | peak MiB |\n|---|---|---|---|---|---|")
    for case, result in results.items():
        good = result["automatic"]
        f1 = 2 * good["precision"] * good["recall"] / (good["precision"] + good["recall"])
        spent = [sum(lap[at] for lap in result["laps"].values()) for at in (1, 0)]
        click.echo(
            f"| {case} | {good['precision']:.4f} | {good['recall']:.4f} | {f1:.4f}"
            f" | {spent[0]:.1f} ({spent[1]:.1f}) | {result['peak']:.0f} |"
        )
    _show_details(results["Concord"])


def _show_details(result: dict[str, Any]) -> None:
    after, laps = result["reviewed"], result["laps"]
    click.echo(
        f"\nAfter review: precision {after['precision']:.4f}, recall {after['recall']:.4f};"
        f" {result['tasks_per_thousand']:.1f} questions per 1,000 records"
        f" (from {DEFAULT.review_from:.0f} bits), {result['true_share']:.0%} of them true."
        f"\nCompared pairs: {result['pairs']:,}; blocks skipped: {result['skipped'] or 'none'}."
        f"\nCPU s: {', '.join(f'{name} {lap[1]:.1f}' for name, lap in laps.items())};"
        f" score and golden are {_ratio(laps):.1f} x normalize."
    )
    click.echo("\n| look-alikes | suppliers | wrongly merged |\n|---|---|---|")
    for trap, (wrong, every) in result["wrongly_merged"].items():
        click.echo(f"| {trap} | {every} | {wrong} ({wrong / every:.1%}) |")


def _ratio(laps: dict[str, list[float]]) -> float:
    return (laps["census"][1] + laps["score"][1] + laps["golden"][1]) / laps["normalize"][1]


def _show_arrivals(result: dict[str, Any], count: int) -> None:
    laps = result["laps"]
    click.echo(
        f"{count:,} records against the rest: CPU s {laps['arrivals'][1]:.2f} of {laps['full'][1]:.2f}"
        f" = {laps['arrivals'][1] / laps['full'][1]:.3f}, wall {laps['arrivals'][0] / laps['full'][0]:.3f};"
        f" {result['expected']:,} pairs, {result['differences']} differ; peak {result['peak']:.0f} MiB"
    )


def _in_process(case: str, arguments: list[str]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.matching", "--case", case, *arguments],
        cwd=ROOT,
        env=child_environment(load_settings({}), environment()),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise click.ClickException(f"{case} ended with {done.returncode}:\n{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _measured(case: str, rows: int, seed: int, path: Path | None, count: int) -> dict[str, Any]:
    records, truths = vendors(rows, seed, path)
    clock = Clock()
    profiles = profiles_of(records)
    clock.lap("normalize")
    found = arrivals(profiles, count, clock) if case == "arrivals" else CASES[case](profiles, truths, clock)
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
    # Where each record went is for benchmarks that name records.
    told = {name: value for name, value in found.items() if name not in ("golden", "asked")}
    return {**told, "laps": clock.laps, "peak": peak}


if __name__ == "__main__":
    main()
