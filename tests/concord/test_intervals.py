"""Bounds from a sample, held against every way the sample could have come out, not another formula."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.intervals import CONFIDENCE, Stratum, bounds, missed, precision, recall


def _chance(size: int, seen: int, total: int, hits: int) -> Fraction:
    """That `seen` of `size`, drawn at random, have so many of the `total` hits."""
    return Fraction(comb(total, hits) * comb(size - total, seen - hits), comb(size, seen))


sizes = st.integers(1, 40).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size)))


@given(sizes, st.data())
def test_whatever_is_true_lies_within_in_95_of_100_samples(
    drawn: tuple[int, int], data: st.DataObject
) -> None:
    size, seen = drawn
    total = data.draw(st.integers(0, size))
    covered = Fraction(0)
    for hits in range(max(0, seen - (size - total)), min(seen, total) + 1):
        low, high = bounds(size, seen, hits)
        assert hits <= low <= high <= size - (seen - hits)
        covered += _chance(size, seen, total, hits) if low <= total <= high else 0
    assert covered >= CONFIDENCE


@given(st.integers(1, 60), st.data())
def test_bounds_are_no_wider_than_they_must_be(size: int, data: st.DataObject) -> None:
    """Each number outside would make so few, or so many, hits rarer than one side may err."""
    seen = data.draw(st.integers(0, size))
    hits = data.draw(st.integers(0, seen))
    low, high = bounds(size, seen, hits)
    side = (1 - CONFIDENCE) / 2
    if low > hits:
        assert sum(_chance(size, seen, low - 1, each) for each in range(hits, seen + 1)) <= side
    if high < size - (seen - hits):
        assert sum(_chance(size, seen, high + 1, each) for each in range(hits + 1)) <= side


@given(sizes, st.data())
def test_a_mirror_gives_mirrored_bounds(drawn: tuple[int, int], data: st.DataObject) -> None:
    size, seen = drawn
    hits = data.draw(st.integers(0, seen))
    low, high = bounds(size, seen, hits)
    assert bounds(size, seen, seen - hits) == (size - high, size - low)


@given(st.integers(0, 200), st.data())
def test_who_has_seen_all_knows_it(size: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, size))
    assert bounds(size, size, hits) == (hits, hits)


def test_of_very_many_the_bounds_are_those_of_clopper_and_pearson() -> None:
    """18 of 20: 0.6830 to 0.9877 in every table; none of 20: at most 0.1684."""
    low, high = bounds(1_000_000, 20, 18)
    assert (low / 1e6, high / 1e6) == pytest.approx((0.6830, 0.9877), abs=2e-4)
    assert bounds(1_000_000, 20, 0)[1] / 1e6 == pytest.approx(0.1684, abs=2e-4)


def test_labels_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="3 hits of 2"):
        bounds(10, 2, 3)


def test_each_label_counts_for_those_behind_it() -> None:
    """40 findings, 9 of 10 right: 36. Of 20 others 1 of 10 missed: 2. Of 200, 0 of 20. Recall 36 of 38."""
    found, others = Stratum(40, 10, 9), [Stratum(20, 10, 1), Stratum(200, 20, 0)]
    assert precision(found).value == Fraction(9, 10)
    assert recall(found, others).value == Fraction(36, 38)
    assert missed(others)[0] == 2
    estimate = recall(found, others)
    assert estimate.low < Fraction(36, 38) < estimate.high
    assert estimate.low < Fraction(1, 2), "200 clean documents, of which 20 were seen, can hide a lot"


def test_everything_labeled_needs_no_interval() -> None:
    estimate = recall(Stratum(4, 4, 3), [Stratum(5, 5, 1), Stratum(0, 0, 0)])
    assert estimate.value == estimate.low == estimate.high == Fraction(3, 4)


def test_without_labels_nothing_is_claimed() -> None:
    found = Stratum(4, 4, 3)
    assert precision(Stratum(4, 0, 0)).value is None
    assert recall(found, [Stratum(9, 0, 0)]).value is None
    assert recall(found, [Stratum(9, 0, 0)]).low == Fraction(3, 12)
    assert recall(Stratum(0, 0, 0), [Stratum(3, 3, 0)]).value is None


@given(sizes, sizes, st.data())
def test_recall_lies_in_its_interval(one: tuple[int, int], two: tuple[int, int], data: st.DataObject) -> None:
    found, other = (Stratum(*each, data.draw(st.integers(0, each[1]))) for each in (one, two))
    estimate = recall(found, [other])
    assert 0 <= estimate.low <= estimate.high <= 1
    if estimate.value is not None:
        assert estimate.low <= estimate.value <= estimate.high
