"""The evidence page: steps that add up, nothing fetched, nothing executed."""

import itertools
import re

import pytest

from matching.evidence import Contribution, Evidence
from matching.waterfall import bars, waterfall

PARTS = (
    Contribution("name", "EQUAL", 12.5, "Zellart <b>Medical</b>", "ZELLART MED"),
    Contribution("tax_id", "NOT_KNOWN", 0.0, None, "token …a1b2c3"),
    Contribution("phone", "DIFFERENT", -1.75, "3126640181", "3126640182"),
)
EVIDENCE = Evidence("erp|1", "ap|2", 0.75, -10.0, "REVIEW", None, "SAME", "NAME", "1-abc", "def", PARTS)


def test_bars_run_from_the_prior_to_the_weight() -> None:
    steps = bars(EVIDENCE)
    assert [bar.label for bar in steps] == ["prior", "name: equal", "phone: different", "weight"]
    assert [bar.kind for bar in steps] == ["against", "for", "against", "total"]
    assert all(one.end == other.start for one, other in itertools.pairwise(steps[:-1]))
    assert steps[-2].end == pytest.approx(steps[-1].end)


def test_the_page_stands_alone() -> None:
    page = waterfall(EVIDENCE)
    assert not re.search(r"https?:|<script|@import|url\(|<link|<img|<iframe", page)
    assert "<b>Medical" not in page and "&lt;b&gt;Medical" in page
    assert page.count("<rect") == 4
    assert "token …a1b2c3" in page


def test_a_page_of_a_pair_without_any_evidence_is_drawn() -> None:
    page = waterfall(Evidence("a", "b", 0.0, 0.0, "DISTINCT", None, "DISTINCT", "NAME", "1", "1", ()))
    assert page.count("<rect") == 2
