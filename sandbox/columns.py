"""Columns as the world's files hold them: exact decimals, text identifiers, dates, and parquet parts.

Quantities are whole numbers, prices integers in millionths, money integers in cents until they are written,
so that every extension is exact. Used by the beliefs and by the generator; knows no system and no rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sandbox.clock import Bools, Ints

MICRO = 1_000_000
CENT = 10_000


def extend(quantity: Ints, price: Ints) -> Ints:
    """Cents of whole quantity times price in millionths, rounded half-up."""
    return (quantity * price + CENT // 2) // CENT


def decimals(unscaled: Ints, scale: int) -> pa.Array:
    """Decimal(18, scale) of integers that count units of the last place."""
    words = np.empty((len(unscaled), 2), dtype=np.int64)
    words[:, 0] = unscaled
    words[:, 1] = unscaled >> 63
    return pa.Array.from_buffers(pa.decimal128(18, scale), len(unscaled), [None, pa.py_buffer(words)])


def quantities(whole: Ints) -> pa.Array:
    """Whole quantities at six places."""
    return decimals(whole * MICRO, 6)


def prices(micro: Ints) -> pa.Array:
    """Prices in millionths at six places."""
    return decimals(micro, 6)


def money(cents: Ints) -> pa.Array:
    """Cents at two places."""
    return decimals(cents, 2)


def where(condition: Bools, column: pa.Array) -> pa.Array:
    """The column where the condition holds, else null."""
    return pc.if_else(pa.array(condition), column, pa.scalar(None, column.type))


def pick(values: Sequence[str | None], index: Ints) -> pa.Array:
    """Text by position in a list."""
    return pa.array(list(values), pa.string()).take(pa.array(index))


def numbered(prefix: str, numbers: Ints, width: int = 0) -> pa.Array:
    """Text such as `PO00000123`."""
    digits = pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), width, "0")
    return pc.binary_join_element_wise(pa.scalar(prefix), digits, pa.scalar(""))


def joined(separator: str, *parts: pa.Array) -> pa.Array:
    """Text parts joined row by row."""
    return pc.binary_join_element_wise(*parts, pa.scalar(separator))


def flag_words(flags: Bools) -> pa.Array:
    """`true` and `false` as text, for files without types."""
    return pick(("false", "true"), flags.astype(np.int64))


def dates(days: Ints) -> pa.Array:
    """Day numbers as dates."""
    return pa.array(days.astype("datetime64[D]"))


def timestamps(seconds: Ints) -> pa.Array:
    """UTC seconds as timestamps."""
    return pa.array(seconds.astype("datetime64[s]"))


def constant(value: object, count: int) -> pa.Array:
    """One value, repeated."""
    return pa.repeat(pa.scalar(value), count)


def nulls(count: int) -> pa.Array:
    """A text column without values."""
    return pa.nulls(count, pa.string())


@dataclass(frozen=True)
class WorldWriter:
    """Writes parts of tables below one world folder; a part is complete when the call returns."""

    folder: Path

    def write(self, name: str, columns: dict[str, pa.Array], part: int) -> int:
        """Write `<name>/part-<part>.parquet` and return its row count."""
        table = pa.table(columns)
        path = self.folder / name / f"part-{part:05d}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path, compression="zstd")
        return int(table.num_rows)
