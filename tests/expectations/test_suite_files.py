"""The suite files are data that a reviewer reads: complete, spelled right, and known to the engine."""

from __future__ import annotations

import subprocess
import sys

import pytest

from expectations.suites import SuiteError, load_suite, parse_suite, suite_names

ENTRY = "expect: expect_column_values_to_not_be_null, column: a, severity: critical, owner: o, message: m."


def suite(entry: str = ENTRY, subject: str = "table: t") -> str:
    return f"edge: landing\nname: x\nsubjects:\n  - {{{subject}, expectations: [{{{entry}}}]}}\n"


@pytest.mark.parametrize("edge", ["landing", "posting"])
def test_every_file_loads_and_every_expectation_says_who_and_why(edge: str) -> None:
    from great_expectations.expectations.registry import list_registered_expectation_implementations

    known = set(list_registered_expectation_implementations())
    names = suite_names(edge)
    assert names
    for name in names:
        for subject in load_suite(edge, name).subjects:
            assert subject.checks
            for check in subject.checks:
                assert check.expectation in known
                assert check.owner
                assert len(check.message) > 20


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (suite(ENTRY + ", mosly: 0.5"), "unknown mosly"),
        (suite(ENTRY.replace("critical", "fatal")), "severity 'fatal'; allowed: critical"),
        (suite(ENTRY.replace("owner: o, ", "")), "an owner"),
        (suite(ENTRY.replace("message: m.", "message: ''")), "message"),
        (suite(subject="table: t, sql: select 1"), "sql and reads"),
        (suite(subject="tabel: t"), "unknown tabel"),
        (suite(ENTRY + "}, {" + ENTRY), "twice"),
    ],
)
def test_a_mistake_is_named(text: str, words: str) -> None:
    with pytest.raises(SuiteError, match=words):
        parse_suite(text, "landing_x.yaml")


def test_importing_the_room_does_not_import_great_expectations() -> None:
    code = "import sys, expectations.landing, expectations.posting; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "great_expectations" not in done.stdout.split()
