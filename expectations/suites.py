"""Loads the suite files into typed values and refuses what they may not say.

A suite is a list of subjects (a landed table, or a frame that SQL makes from several) with their
expectations; every expectation names its severity, its owner and a message in plain words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from expectations.results import SEVERITIES

_SUITE_KEYS = {"edge", "name", "owner", "judged_from_rows", "key", "subjects"}
_SUBJECT_KEYS = {"table", "reads", "sql", "key", "expectations"}
_EXPECTATION_KEYS = {
    "expect", "column", "arguments", "mostly", "where", "severity", "owner", "message", "from_rows",
    "min_share_of_landed",
}  # fmt: skip


class SuiteError(ValueError):
    """A suite file says something it may not; the message names the file and what is allowed."""


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation.

    `from_rows` is the least number of rows it is judged on: a share of five rows says nothing. `where`
    narrows the rows by a SQL condition before the expectation looks at them. `min_share_of_landed` makes a
    row-count check of a number that only the caller knows: the rows that landed in this batch.
    """

    expectation: str
    severity: str
    owner: str
    message: str
    column: str | None = None
    arguments: Mapping[str, Any] | None = None
    mostly: float = 1.0
    where: str | None = None
    from_rows: int = 1
    min_share_of_landed: float | None = None

    @property
    def is_count(self) -> bool:
        return self.min_share_of_landed is not None


@dataclass(frozen=True, slots=True)
class Subject:
    """The rows that a list of checks looks at: `table` as it is, or the result of `sql` over `reads`."""

    table: str
    key: str
    checks: tuple[Check, ...]
    reads: tuple[str, ...] = ()
    sql: str | None = None


@dataclass(frozen=True, slots=True)
class Suite:
    name: str
    edge: str
    owner: str
    subjects: tuple[Subject, ...]


def _only(found: Mapping[str, Any], allowed: set[str], where: str) -> None:
    unknown = sorted(set(found) - allowed)
    if unknown:
        raise SuiteError(f"{where}: unknown {', '.join(unknown)}; allowed: {', '.join(sorted(allowed))}")


def _check(entry: Mapping[str, Any], owner: str | None, from_rows: int, where: str) -> Check:
    _only(entry, _EXPECTATION_KEYS, where)
    missing = [name for name in ("expect", "severity", "message") if not entry.get(name)]
    if missing or not (entry.get("owner") or owner):
        raise SuiteError(f"{where}: an expectation needs expect, severity, message and an owner")
    if entry["severity"] not in SEVERITIES:
        raise SuiteError(f"{where}: severity {entry['severity']!r}; allowed: {', '.join(SEVERITIES)}")
    mostly = float(entry.get("mostly", 1.0))
    is_share = mostly < 1.0 or "min_share_of_landed" in entry
    return Check(
        expectation=entry["expect"],
        severity=entry["severity"],
        owner=entry.get("owner") or owner or "",
        message=" ".join(str(entry["message"]).split()),
        column=entry.get("column"),
        arguments=entry.get("arguments") or {},
        mostly=mostly,
        where=entry.get("where"),
        from_rows=int(entry.get("from_rows", from_rows if is_share else 1)),
        min_share_of_landed=entry.get("min_share_of_landed"),
    )


def parse_suite(text: str, file_name: str) -> Suite:
    """Reads one suite file. Raises SuiteError on anything unknown, incomplete or misspelled."""
    content = yaml.safe_load(text)
    _only(content, _SUITE_KEYS, file_name)
    from_rows = int(content.get("judged_from_rows", 1))
    subjects = []
    for entry in content["subjects"]:
        where = f"{file_name}, {entry.get('table', 'a subject without table')}"
        _only(entry, _SUBJECT_KEYS, where)
        if ("sql" in entry) != ("reads" in entry):
            raise SuiteError(f"{where}: sql and reads come together")
        checks = tuple(_check(each, content.get("owner"), from_rows, where) for each in entry["expectations"])
        if any(check in checks[:at] for at, check in enumerate(checks)):
            raise SuiteError(f"{where}: the same expectation stands there twice")
        subjects.append(
            Subject(
                table=entry["table"],
                key=entry.get("key") or content.get("key") or "_row_key",
                checks=checks,
                reads=tuple(entry.get("reads", (entry["table"],))),
                sql=entry.get("sql"),
            )
        )
    return Suite(name=content["name"], edge=content["edge"], owner=content["owner"], subjects=tuple(subjects))


@cache
def load_suite(edge: str, name: str) -> Suite:
    """The suite of `suites/<edge>_<name>.yaml`; FileNotFoundError if there is none."""
    file_name = f"{edge}_{name}.yaml"
    text = resources.files("expectations").joinpath("suites", file_name).read_text(encoding="utf-8")
    suite = parse_suite(text, file_name)
    if (suite.edge, suite.name) != (edge, name):
        raise SuiteError(f"{file_name}: says edge {suite.edge!r} and name {suite.name!r}")
    return suite


def suite_names(edge: str) -> tuple[str, ...]:
    """All suites of an edge, for the checks that show them."""
    files = resources.files("expectations").joinpath("suites").iterdir()
    prefix = f"{edge}_"
    return tuple(
        sorted(
            file.name.removeprefix(prefix).removesuffix(".yaml")
            for file in files
            if file.name.startswith(prefix)
        )
    )
