"""Suppliers of a simulated health system: who is joined by itself, asked about, or kept apart."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.matching import Clock, exact_rules, matched
from benchmarks.sandbox_files import TRAPS, world_records
from benchmarks.sandbox_suppliers import RATES
from matching.profile import profiles_of
from sandbox.generate import generate


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    """Of the product and of exact rules, on one world."""
    folder: Path = tmp_path_factory.mktemp("world")
    generate(41, 50, ",".join(RATES), RATES, folder)
    records, truths, ways = world_records(folder)
    assert len(ways) > 100 and {truth.trap for truth in truths if truth.trap} == TRAPS
    profiles = profiles_of(records)
    return matched(profiles, truths, Clock()), exact_rules(profiles, truths, Clock())


def test_what_is_joined_is_right_and_little_is_left(results: tuple[dict[str, Any], dict[str, Any]]) -> None:
    ours, rules = results
    assert ours["automatic"]["precision"] >= 0.995
    assert ours["automatic"]["recall"] >= max(0.95, rules["automatic"]["recall"])
    assert ours["reviewed"]["recall"] >= 0.98
    assert ours["tasks_per_thousand"] <= 80


def test_no_look_alike_is_merged_where_rules_merge_some(
    results: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    merged = [{trap for trap, (wrong, _) in one["wrongly_merged"].items() if wrong} for one in results]
    assert merged[0] == set() and merged[1] != set()
