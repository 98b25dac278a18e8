"""What the cells of a portion are seen to be, so that their check does only what they need.

A look at the bytes of a column costs a fraction of trimming and matching every cell. It decides how a cell is
read, never what is read: with and without it the rows, their hashes and their problems are the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_WHOLE, _NUMERIC = b"0123456789+-", b"0123456789+-."
# The characters that are trimmed, as they stand in UTF-8.
_SPACE = (b" ", b"\t", b"\n", b"\r", b"\xc2\xa0")
# How days and points in time are mostly written, each of another length; 0 is any digit.
_DAY = b"0000-00-00"
_INSTANTS = (
    *(b"0000-00-00 00:00:00", b"0000-00-00T00:00:00Z"),
    *(b"0000-00-00 00:00:00.000000", b"0000-00-00 00:00:00.000000Z"),
)
_ZERO, _NINE = b"09"


@dataclass(frozen=True)
class Shape:
    """Names of text columns: without any value; without blanks; of digits and signs; of these and points.

    `days` and `instants` are written alike in all cells, in the years 1 to 9999; `clean` have no NUL; `told`
    have no cell that is an empty text.
    """

    empty: frozenset[str] = field(default_factory=frozenset)
    solid: frozenset[str] = field(default_factory=frozenset)
    whole: frozenset[str] = field(default_factory=frozenset)
    numeric: frozenset[str] = field(default_factory=frozenset)
    days: frozenset[str] = field(default_factory=frozenset)
    instants: frozenset[str] = field(default_factory=frozenset)
    clean: frozenset[str] = field(default_factory=frozenset)
    told: frozenset[str] = field(default_factory=frozenset)


# Nothing is known: every cell is trimmed and matched.
UNSEEN = Shape()


def shape_of(table: pa.Table) -> Shape:
    """The shape of the text columns of a table."""
    found: dict[str, set[str]] = {part.name: set() for part in fields(Shape)}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_string(column.type):
            for property in _properties(column):
                found[property].add(name)
    return Shape(**{property: frozenset(names) for property, names in found.items()})


def _properties(column: pa.ChunkedArray) -> Iterator[str]:
    if column.null_count == len(column):
        yield "empty"
        return
    content = [_content(chunk) for chunk in column.chunks]
    if pc.min(pc.binary_length(column)).as_py():
        yield "told"
    if _is_laid_out(column, content, (_DAY,)):
        yield "days"
    if not any(part.translate(None, _NUMERIC) for part in content):
        yield from ("numeric", "solid", "clean")
        if not any(b"." in part for part in content):
            yield "whole"
        return
    if not any(b"\0" in part for part in content):
        yield "clean"
    if _is_laid_out(column, content, _INSTANTS):
        yield from ("instants", "solid")
    elif not any(space in part for part in content for space in _SPACE):
        yield "solid"


def _is_laid_out(column: pa.ChunkedArray, content: Sequence[bytes], layouts: Sequence[bytes]) -> bool:
    """True when every cell that is not empty is written as one of the layouts says."""
    lengths = pc.unique(pc.binary_length(column)).drop_null().to_pylist()
    layout = next((layout for layout in layouts if {len(layout)} == {*lengths} - {0}), None)
    if layout is None:
        return False
    wanted = np.frombuffer(layout, np.uint8)
    cells = np.frombuffer(b"".join(content), np.uint8).reshape(-1, len(layout))
    is_digit = wanted == _ZERO
    digits = cells[:, is_digit]
    return bool(
        ((digits >= _ZERO) & (digits <= _NINE)).all()
        and (cells[:, ~is_digit] == wanted[~is_digit]).all()
        and (cells[:, :4] != _ZERO).any(axis=1).all()
    )


def _content(array: pa.StringArray) -> bytes:
    """The bytes of all its values, one after another."""
    _, offsets, content = array.buffers()
    if content is None or not len(array):
        return b""
    ends = np.frombuffer(offsets, np.int32, len(array) + 1, 4 * array.offset)
    return bytes(content[int(ends[0]) : int(ends[-1])])
