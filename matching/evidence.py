"""The evidence of a scored pair as a value, and how facts are shown in it: sensitive ones only as marks."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from matching.comparisons import (
    ADDRESS_COMPARISON,
    BANK_COMPARISON,
    DOMAIN_COMPARISON,
    ID_COMPARISON,
    NAME_COMPARISON,
    PHONE_COMPARISON,
    TAX_COMPARISON,
)

_MARK = "token …"


@dataclass(frozen=True)
class Contribution:
    """What one comparison adds to the weight, in bits, and the two values it saw."""

    comparison: str
    level: str
    weight: float
    left: str | None
    right: str | None


@dataclass(frozen=True)
class Evidence:
    """All there is to say about a pair without the model: prior plus contributions is the weight."""

    left_key: str
    right_key: str
    weight: float
    prior_weight: float
    band: str
    gate: str | None
    relationship: str
    blocking_rule: str
    model_version: str
    census_version: str
    contributions: tuple[Contribution, ...]

    @property
    def probability(self) -> float:
        return 1.0 / (1.0 + math.exp2(-self.weight))


def evidence_of(row: Mapping[str, Any]) -> Evidence:
    """From a row of `scoring.PAIR`."""
    parts = tuple(
        Contribution(one["comparison"], one["level"], one["weight"], one["left_value"], one["right_value"])
        for one in json.loads(row["contributions"])
    )
    plain = {name: row[name] for name in Evidence.__annotations__ if name != "contributions"}
    return Evidence(**plain, contributions=parts)


def evidence_text(row: Mapping[str, Any]) -> str:
    """A row of `scoring.PAIR` as JSON that outlives the table; `evidence_from` reads it."""
    evidence = evidence_of(row)
    return json.dumps({**asdict(evidence), "probability": f"{evidence.probability:.6f}"}, sort_keys=True)


def evidence_from(text: str) -> Evidence:
    document = json.loads(text)
    parts = tuple(Contribution(**one) for one in document.pop("contributions"))
    document.pop("probability")
    return Evidence(**document, contributions=parts)


def shown_sql(comparison: str, side: str) -> str:
    """SQL for the compared value of one side, as text; a token by its last six characters."""
    return {
        NAME_COMPARISON: f"shown_name_{side}",
        TAX_COMPARISON: f"'{_MARK}' || right(tax_{side}, 6)",
        ADDRESS_COMPARISON: _joined("addresses", side),
        PHONE_COMPARISON: _joined("phones", side),
        DOMAIN_COMPARISON: _joined("domains", side),
        BANK_COMPARISON: _joined("banks", side, f"'{_MARK}' || right(x, 6)"),
        ID_COMPARISON: f"nullif(array_to_string(ids_{side}, '; '), '')",
    }[comparison]


def _joined(column: str, side: str, shown: str = "replace(x, '|', ', ')") -> str:
    both = f"list_sort(list_concat({column}_{side}, common_{column}_{side}))"
    return f"nullif(array_to_string(list_transform({both}, lambda x: {shown}), '; '), '')"
