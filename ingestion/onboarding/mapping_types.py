"""What the values of a header are: how they fit a column of the model, and their type in words.

Nothing is judged by names here; `mapping.py` does that.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ingestion.formats.numbers import COMMA, POINT, number_of
from ingestion.spec import ColumnSpec

DATES = ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d-%b-%y", "%d-%b-%Y", "%d.%m.%Y", "%Y%m%d", "%m/%d/%y")
# A text with so few values, each seen so often on average, is a code; longer lists are data.
MOST_VALUES = 8
SEEN_EACH = 5
LONGEST_CODE = 30


@dataclass(frozen=True)
class Fit:
    """How the values of a header fit a column: what the file would have to declare, and how many do not."""

    filled: int
    misfits: int
    number: str = ""
    dates: tuple[str, ...] = ()
    example: str = ""


@dataclass(frozen=True)
class HeaderType:
    """What a header holds: its type in words, whether every row fills it, and its values if it is a code."""

    words: str
    is_filled: bool
    values: tuple[str, ...] = ()


def type_of(values: Sequence[str], *, hidden: bool = False) -> HeaderType:
    """The narrowest type that reads every value; `hidden` values are never listed."""
    texts = [value.strip() for value in values if value.strip()]
    is_filled = len(texts) == len(values)
    if not texts:
        return HeaderType("empty", False)
    if all(re.fullmatch("[+-]?[0-9]+", text) for text in texts):
        # Leading zeros are part of a code.
        padded = any(len(text) > 1 and text.startswith("0") for text in texts)
        return HeaderType("digits" if padded else "whole number", is_filled)
    for form in (POINT, COMMA):
        if all(number_of(text, form) is not None for text in texts):
            return HeaderType(f"number {form}", is_filled)
    dates = [pattern for pattern in DATES if all(_is_date(text, pattern) for text in texts)]
    if dates:
        return HeaderType(f"date {' or '.join(dates)}", is_filled)
    if all(_is_instant(text) for text in texts):
        return HeaderType("timestamp", is_filled)
    distinct = sorted(set(texts))
    is_code = len(distinct) <= MOST_VALUES and len(texts) >= SEEN_EACH * len(distinct)
    if is_code and not hidden and max(map(len, distinct)) <= LONGEST_CODE:
        return HeaderType("text", is_filled, tuple(distinct))
    return HeaderType("text", is_filled)


def fit_of(column: ColumnSpec, values: Sequence[str]) -> Fit:
    """Which declaration reads the most values, and how many it does not read."""
    texts = [value.strip() for value in values if value.strip()]
    example = next(iter(texts), "")
    if column.enum:
        return Fit(len(texts), sum(text not in column.enum for text in texts), example=example)
    if column.type.startswith("decimal") or column.type == "bigint":
        scale = int(column.type.rstrip(")").split(",")[1]) if "," in column.type else 0
        forms = {form: sum(not _fits(text, form, scale) for text in texts) for form in ("", POINT, COMMA)}
        form = min(forms, key=lambda each: forms[each])
        return Fit(len(texts), forms[form], number=form, example=example)
    if column.type == "date":
        whole = tuple(
            pattern for pattern in DATES if texts and all(_is_date(text, pattern) for text in texts)
        )
        if whole:
            return Fit(len(texts), 0, dates=whole, example=example)
        misfits = {pattern: sum(not _is_date(text, pattern) for text in texts) for pattern in DATES}
        best = min(misfits, key=lambda each: misfits[each])
        return Fit(len(texts), misfits[best], dates=(best,), example=example)
    if column.type == "timestamp":
        return Fit(len(texts), sum(not _is_instant(text) for text in texts), example=example)
    if column.type == "boolean":
        return Fit(
            len(texts), sum(text.lower() not in ("true", "false", "y", "n", "yes", "no") for text in texts)
        )
    return Fit(len(texts), 0, example=example)


def _fits(text: str, form: str, scale: int) -> bool:
    value = number_of(text, form or None)
    return value is not None and value == round(value, scale)


def _is_date(text: str, pattern: str) -> bool:
    # A day of a database or a workbook comes with the midnight it begins at; the door takes it so.
    text = re.sub(r"^(\d{4}-\d\d-\d\d)[ T]00:00:00$", r"\1", text)
    try:
        return datetime.strptime(text, pattern).year >= 1800
    except ValueError:
        return False


def _is_instant(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
