"""The shipped model: what it says, when it is refused, and that training it again gives the same file."""

import json
import math
from pathlib import Path

import pytest

from matching import model as models
from matching.comparisons import COMPARISONS
from matching.model import SHIPPED, ModelError, load_model
from matching.training import LEAST_M, LEAST_U, floored, train


def test_the_shipped_model_fits_the_code() -> None:
    model = load_model()
    shipped = [comparison["output_column_name"] for comparison in model.settings["comparisons"]]
    assert shipped == [name for name, _, _ in COMPARISONS]
    for comparison, (_, _, named) in zip(model.settings["comparisons"], COMPARISONS, strict=True):
        labels = [level["label_for_charts"] for level in comparison["comparison_levels"]]
        assert labels == ["NOT_KNOWN", *(label for label, _ in named), "DIFFERENT"]


def test_probabilities_sum_to_one_and_respect_their_floors() -> None:
    for comparison in load_model().settings["comparisons"]:
        levels = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
        for kind, least in (
            ("m_probability", LEAST_M),
            ("u_probability", LEAST_U[comparison["output_column_name"]]),
        ):
            values = [level[kind] for level in levels]
            assert math.isclose(sum(values), 1, abs_tol=1e-4)
            assert min(values) > 0.9 * least


def test_equality_speaks_for_and_difference_against() -> None:
    for comparison in load_model().settings["comparisons"]:
        levels = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
        weights = [math.log2(level["m_probability"] / level["u_probability"]) for level in levels]
        assert weights[0] > 8 > 0 > weights[-1]


def test_the_prior_keeps_the_copies_per_supplier() -> None:
    model = load_model()
    assert model.prior_for(model.rows) == pytest.approx(model.prior)
    assert model.prior_for(10 * model.rows) * (10 * model.rows - 1) == pytest.approx(
        model.prior * (model.rows - 1)
    )
    assert 0 < model.prior_for(1) <= 0.5


def test_an_edited_model_is_refused(tmp_path: Path) -> None:
    document = json.loads(SHIPPED.read_text())
    document["settings"]["comparisons"][1]["comparison_levels"][1]["m_probability"] = 0.99
    (tmp_path / "edited.json").write_text(json.dumps(document))
    with pytest.raises(ModelError, match=r"edited\.json: content and version .* differ; train it again"):
        load_model(tmp_path / "edited.json")


def test_a_model_of_another_reading_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "old.json").write_text(SHIPPED.read_text())
    monkeypatch.setattr(models, "NORMALIZER", "2")
    with pytest.raises(ModelError, match="trained on normalizer 1, this is 2"):
        load_model(tmp_path / "old.json")


def test_floors_hold_where_nothing_was_seen() -> None:
    levels = [{"m_probability": 0.0, "u_probability": None}, {"m_probability": 1.0, "u_probability": 1.0}]
    settings = floored(
        {"comparisons": [{"output_column_name": "bank", "comparison_levels": levels}], "linker_uid": "x"}
    )
    [first, second] = settings["comparisons"][0]["comparison_levels"]
    assert first["m_probability"] == pytest.approx(LEAST_M, rel=0.01)
    assert first["u_probability"] == pytest.approx(LEAST_U["bank"], rel=0.01)
    assert "linker_uid" not in settings and second["m_probability"] < 1


@pytest.mark.slow
def test_training_again_gives_the_shipped_bytes(tmp_path: Path) -> None:
    train(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == SHIPPED.read_bytes()
