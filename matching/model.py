"""The trained model as a versioned file: probabilities per level, the prior with its row count, trade words.

The file is checked in (`models/supplier.json`). A landscape's own word and value counts are no part of it:
they are its `census`, saved with its state, and named beside the model in every score.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from matching.profile import NORMALIZER

SHIPPED = Path(__file__).parent / "models" / "supplier.json"


class ModelError(ValueError):
    """The model cannot be used with this code; says why and how to make one that can."""


@dataclass(frozen=True)
class Model:
    """`settings` are Splink's, `prior` that of a file of `rows` records, `words` come with their shares."""

    version: str
    rows: int
    prior: float
    settings: dict[str, Any]
    words: dict[str, float]

    def prior_for(self, rows: int) -> float:
        """How often two random records of `rows` are one supplier: copies stay as many, suppliers grow."""
        return min(self.prior * (self.rows - 1) / max(rows - 1, 1), 0.5)

    def settings_for(self, rows: int) -> dict[str, Any]:
        return {**self.settings, "probability_two_random_records_match": self.prior_for(rows)}


def version_of(settings: dict[str, Any], rows: int, prior: float, words: dict[str, float]) -> str:
    """Tells two models apart by content: `1-` (reading of names) and a hash of everything else."""
    text = json.dumps([settings, rows, prior, words], sort_keys=True, separators=(",", ":"))
    return f"{NORMALIZER}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def write_model(
    path: Path, settings: dict[str, Any], rows: int, prior: float, words: dict[str, float]
) -> Model:
    model = Model(version_of(settings, rows, prior, words), rows, prior, settings, words)
    document = {
        "version": model.version,
        "normalizer": NORMALIZER,
        "rows": rows,
        "prior": prior,
        "words": words,
        "settings": settings,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return model


@cache
def load_model(path: Path = SHIPPED) -> Model:
    """Refuses a file that was trained on another reading of names or edited by hand."""
    document = json.loads(path.read_text(encoding="utf-8"))
    remedy = "train it again: python -m matching.training"
    if document["normalizer"] != NORMALIZER:
        raise ModelError(
            f"{path.name}: trained on normalizer {document['normalizer']}, this is {NORMALIZER}; {remedy}"
        )
    settings, rows, prior, words = (document[name] for name in ("settings", "rows", "prior", "words"))
    if document["version"] != version_of(settings, rows, prior, words):
        raise ModelError(f"{path.name}: content and version {document['version']} differ; {remedy}")
    return Model(document["version"], rows, prior, settings, words)
