"""Supplier identity on sandbox worlds: four systems that write 250 suppliers down, many of them twice.

`python -m benchmarks.sandbox_suppliers --seeds 301 302 303` makes each world, reads its supplier records as
staging does (what one system says of another's numbers is left out), matches them and compares with what the
world knows; exact rules and rapidfuzz get the same records. Rates are four times the sandbox's own, so that
each way of writing a supplier twice and each family of look-alikes comes several times. Seeds below 200 were
looked at while building.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import click

from benchmarks.matching import CASES, Clock
from benchmarks.sandbox_files import TRAPS, world_records
from matching.model import load_model
from matching.profile import profiles_of
from matching.yardstick.dress import Truth
from sandbox.generate import generate

RATES = {"DUPLICATE_SUPPLIER": 240.0, "LOOKALIKE_SUPPLIER": 120.0}
LINES = 200


@click.command()
@click.option("--seeds", "first", required=True, type=int, help="Of the worlds; more may follow.")
@click.option("--questions", is_flag=True, help="Show what people are asked, and whether it is true.")
@click.argument("more", nargs=-1, type=int)
def main(first: int, more: tuple[int, ...], questions: bool) -> None:
    """Pairs, questions, look-alikes and what was found of each way, per world and in all."""
    click.echo(f"model {load_model().version}\n")
    click.echo(
        "| seed | case | precision | recall | F1 | added records: recall | after review | questions per 1,000"
        " | true | look-alikes merged |\n|---|---|---|---|---|---|---|---|---|---|"
    )
    found: Counter[str] = Counter()
    every: Counter[str] = Counter()
    merged: Counter[str] = Counter()
    for seed in (first, *more):
        with tempfile.TemporaryDirectory() as folder:
            generate(seed, LINES, ",".join(RATES), RATES, folder)
            records, truths, ways = world_records(Path(folder))
        profiles = profiles_of(records)
        for case, method in CASES.items():
            result = method(profiles, truths, Clock())
            _show(seed, case, result, truths, ways)
            if case == "Concord":
                merged += Counter({trap: wrong for trap, (wrong, _) in result["wrongly_merged"].items()})
                every += Counter({trap: count for trap, (_, count) in result["wrongly_merged"].items()})
                found += _joined(result["golden"], truths, ways)
                every += Counter(way for way in ways.values() if way not in TRAPS)
                shown = {record["record_key"]: record["legal_name"] for record in records.to_pylist()}
                for one in result["asked"] if questions else ():
                    _show_question(one, truths, shown)
    click.echo("\n| written twice by | records | joined by itself |\n|---|---|---|")
    for way in sorted(set(every) - TRAPS):
        click.echo(f"| {way} | {every[way]} | {found[way]} |")
    click.echo("\n| look-alikes | suppliers | wrongly merged |\n|---|---|---|")
    for trap in sorted(TRAPS):
        click.echo(f"| {trap} | {every[trap]} | {merged[trap]} |")


def _show(seed: int, case: str, result: dict[str, Any], truths: list[Truth], ways: dict[str, str]) -> None:
    good = result["automatic"]
    f1 = 2 * good["precision"] * good["recall"] / (good["precision"] + good["recall"])
    wrong = sum(count for count, _ in result["wrongly_merged"].values())
    cells = [f"{good['precision']:.3f}", f"{good['recall']:.3f}", f"{f1:.3f}"]
    cells.append(f"{_added_recall(result['golden'], truths, ways):.3f}")
    if case == "Concord":
        cells.append(f"{result['reviewed']['precision']:.3f} / {result['reviewed']['recall']:.3f}")
        cells += [f"{result['tasks_per_thousand']:.1f}", f"{result['true_share']:.0%}"]
    else:
        cells += ["", "", ""]
    click.echo(f"| {seed} | {case} | {' | '.join(cells)} | {wrong} |")


def _added_recall(golden: dict[str, str], truths: list[Truth], ways: dict[str, str]) -> float:
    """Of the true pairs with at least one added record: the common ones are mostly equal by tax id."""
    of: dict[int, list[str]] = {}
    for truth in truths:
        of.setdefault(truth.supplier, []).append(truth.record_key)
    pairs = [
        golden[one] == golden[other]
        for keys in of.values()
        for at, one in enumerate(keys)
        for other in keys[at + 1 :]
        if one in ways or other in ways
    ]
    return sum(pairs) / len(pairs)


def _joined(golden: dict[str, str], truths: list[Truth], ways: dict[str, str]) -> Counter[str]:
    """By way: added records that share a golden record with a usual one of their supplier."""
    usual = {(truth.supplier, golden[truth.record_key]) for truth in truths if truth.record_key not in ways}
    whose = {truth.record_key: truth.supplier for truth in truths}
    return Counter(way for key, way in ways.items() if (whose[key], golden[key]) in usual)


def _show_question(one: tuple[str, ...], truths: list[Truth], shown: dict[str, str]) -> None:
    whose = {truth.record_key: truth.supplier for truth in truths}
    left, right, kind, reason = one
    answer = "SAME" if whose[left] == whose[right] else "different"
    click.echo(f"  {answer}: {left} {shown[left]} ~ {right} {shown[right]} ({kind}, {reason})")


if __name__ == "__main__":
    main()
