"""The report of a release test for a person: what differs, marts first, bounded, with its values."""

from dataclasses import replace

from concord.commands_release import MOST_LINES, report_words
from concord.release_comparison import Change, RowChange
from concord.release_trial import ReleaseReport, Side
from ingestion.contracts.published import FieldChange

TODAY = Side("1+a", "landing copy", 6, (), {}, {"ap.status": 6})
NEW = Side("2+b", "recorded", 5, (("invoice", "status", "'X' is new", 2),), {"invoice": ("note",)}, {})
HASH = "9d1bfec6022f819edbdf29f45c2d6a6f"
ROW = RowChange(
    "changed", {"native_id": "I1", "key": HASH}, {"status": ("MATCHED", None), "codes": ("", "A")}
)
MATCH = Change("marts.mart_match", 6, 5, 0, 1, 1, {"status": 1, "codes": 1}, [ROW])
FACT = Change("conformed.fct_invoice", 6, 5, 0, 1, 0, {}, [RowChange("missing", {"key": HASH}, {})])
FIELDS = tuple(FieldChange("invoice", f"f{number}", "added", "", "a text") for number in range(50))
REPORT = ReleaseReport(
    "ap", "apauto", "2026-01-20", TODAY, NEW, FIELDS, ("bridge_ties",), (FACT, MATCH), (MATCH,), 55
)


def test_what_differs_is_told_marts_first_with_values_before_and_after() -> None:
    words = report_words(REPORT)
    assert "ap: apauto 1+a -> 2+b, as of 2026-01-20" in words
    assert words.index("marts.mart_match") < words.index("conformed.fct_invoice")
    assert "changed  I1: status MATCHED -> (none); codes (empty) -> A" in words
    assert HASH not in words
    assert "undeclared in invoice: note" in words and "'X' is new" in words
    assert "Data tests that fail only with the new contract\n  bridge_ties" in words
    assert "Would be sent  ap.status 6 -> 0" in words
    assert f"... and {50 - MOST_LINES} more; --json has them all" in words
    assert "53 of 55 public tables are the same" in words


def test_no_difference_is_said_in_one_line() -> None:
    report = replace(REPORT, new=TODAY, failed_tests=(), tables=(), outbound=())
    assert not report.is_different
    assert report_words(report).splitlines()[-1].startswith("No difference in 55 public tables")
