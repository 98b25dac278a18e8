"""Names as they are really written, against the organizations they are known to mean."""

from pathlib import Path

import pytest

from benchmarks.names import GRID, concord, equal, fda_names, fuzzy, halves, measured, nhs_names

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_dir(), reason="the real names are not beside the checkout"),
]


@pytest.mark.parametrize(("read", "least_f1"), [(nhs_names, 0.60), (fda_names, 0.83)])
def test_likeness_orders_unseen_names_better_than_letters_do(read, least_f1: float) -> None:  # type: ignore[no-untyped-def]
    first, second = halves(read(DATA))
    assert not set(first.values()) & set(second.values())
    found = {}
    for scorer in (concord, fuzzy):
        tuned, scored = scorer(first), scorer(second)
        best = max(GRID, key=lambda least: (measured(tuned, first, least)[2], least))
        found[scorer] = measured(scored, second, best)[2]
    assert found[concord] >= least_f1
    assert found[concord] > found[fuzzy]


@pytest.mark.parametrize(("read", "least_precision"), [(nhs_names, 0.99), (fda_names, 0.95)])
def test_names_alone_mean_one_organization_only_when_equal(read, least_precision: float) -> None:  # type: ignore[no-untyped-def]
    _, second = halves(read(DATA))
    precision, recall, _ = measured(equal(second), second, 1.0)
    assert precision >= least_precision and recall > 0
