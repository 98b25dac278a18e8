"""What the cells of a portion are seen to be, so that their check does only what they need.

A look at the bytes of a column costs a fraction of trimming and matching every cell. It decides how a cell is
read, never what is read: with and without it the rows, their hashes and their problems are the same.
"""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

_WHOLE, _NUMERIC = b"0123456789+-", b"0123456789+-."
# The characters that are trimmed, as they stand in UTF-8.
_SPACE = (b" ", b"\t", b"\n", b"\r", b"\xc2\xa0")


@dataclass(frozen=True)
class Shape:
    """Names of text columns: without any value; without blanks; of digits and signs; of these and points."""

    empty: frozenset[str] = field(default_factory=frozenset)
    solid: frozenset[str] = field(default_factory=frozenset)
    whole: frozenset[str] = field(default_factory=frozenset)
    numeric: frozenset[str] = field(default_factory=frozenset)


# Nothing is known: every cell is trimmed and matched.
UNSEEN = Shape()


def shape_of(table: pa.Table) -> Shape:
    """The shape of the text columns of a table."""
    empty, solid, whole, numeric = set[str](), set[str](), set[str](), set[str]()
    for name, column in zip(table.column_names, table.columns, strict=True):
        if not pa.types.is_string(column.type):
            continue
        if column.null_count == len(column):
            empty.add(name)
            continue
        content = [_content(chunk) for chunk in column.chunks]
        if not any(part.translate(None, _NUMERIC) for part in content):
            numeric.add(name)
            solid.add(name)
            if not any(b"." in part for part in content):
                whole.add(name)
        elif not any(space in part for part in content for space in _SPACE):
            solid.add(name)
    return Shape(frozenset(empty), frozenset(solid), frozenset(whole), frozenset(numeric))


def _content(array: pa.StringArray) -> bytes:
    """The bytes of all its values, one after another."""
    _, offsets, content = array.buffers()
    if content is None or not len(array):
        return b""
    ends = np.frombuffer(offsets, np.int32, len(array) + 1, 4 * array.offset)
    return bytes(content[int(ends[0]) : int(ends[-1])])
