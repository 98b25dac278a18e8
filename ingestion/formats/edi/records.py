"""One transaction set as a nested record: header segments by name, and a list of rows per loop asked for.

What repeats is told apart by its qualifier (`REF.CO`, `DTM.011`, `N1.ST`), otherwise by its count (`PID`,
`PID#2`); a range of dates stands under `DTM.007.from` and `DTM.007.to`, the place of a loop under `LIN.at`.
Which segment opens which loop is data (`X12Set`); an HL loop belongs to the parent it names, and where it
names none, to the nearest level above (shipment, order, tare, pack, item).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ingestion.formats.edi.grammar import X12Set
from ingestion.formats.edi.interchange import Segment, TransactionSet

Record = dict[str, Any]

# Segments told apart by their first element, and what belongs to a party.
_QUALIFIED = {"REF", "DTM", "N1", "AMT", "CTB", "MAN", "MEA", "TD5"}
_PARTY = {"N2", "N3", "N4", "PER", "REF"}
_LEVELS = ("S", "O", "T", "P", "I")
_ENVELOPE = {"ISA": (5, 6, 7, 8, 9, 10, 12, 13, 15), "GS": (1, 2, 3, 4, 5, 6, 8), "ST": (1, 2)}


@dataclass
class Loop:
    """One occurrence of a loop, with the loops around it."""

    name: str
    parent: "Loop | None" = None
    fields: Record = field(default_factory=dict)
    party: Record | None = None
    at: int = 0
    number: str = ""
    counts: Counter[tuple[int, str]] = field(default_factory=Counter)

    @property
    def path(self) -> str:
        above = self.parent.path if self.parent else ""
        return f"{above}.{self.name}" if above else self.name


def record_of(found: TransactionSet, grammar: X12Set, paths: tuple[str, ...]) -> Record:
    """The set as a record; `paths` are the loops whose rows are wanted, each a list under its own path."""
    loops = _loops(found, grammar)
    header = loops[0].fields
    for name, segment in (("ISA", found.interchange), ("GS", found.group), ("ST", found.segments[0])):
        header[name] = {f"{at:02}": segment.element(at) for at in _ENVELOPE[name]}
    header["GS"]["at"] = _instant(found.group)
    header["ST"]["segments"] = str(len(found.segments))
    for path in paths:
        header[path] = list(_rows(loops, path))
    return header


def counts_problem(found: TransactionSet, grammar: X12Set) -> str:
    """Why CTT contradicts the lines; empty when it agrees or says nothing."""
    for total in found.segments:
        if total.name != "CTT" or not grammar.counted:
            continue
        count = sum(1 for segment in found.segments if segment.name == grammar.counted)
        if total.element(1) and total.element(1).lstrip("0") != (str(count) if count else ""):
            return f"{total}: CTT01 promises {total.element(1)} {grammar.counted}, there are {count}"
        name, _, number = grammar.totaled.partition(".")
        if name and total.element(2):
            values = [segment.element(int(number)) for segment in found.segments if segment.name == name]
            added, promised = _sum(values), _sum([total.element(2)])
            if added is not None and added != promised:
                promise = f"{total}: CTT02 promises a total of {total.element(2)}"
                return f"{promise}, {grammar.totaled} adds up to {added}"
    return ""


def _sum(values: list[str]) -> Decimal | None:
    """None when a cell is no number within reason: its row will be rejected, the total proves nothing."""
    try:
        found = [Decimal(value) for value in values if value]
        return sum(found, Decimal(0)) if all(value.is_finite() for value in found) else None
    except ArithmeticError:
        return None


def _loops(found: TransactionSet, grammar: X12Set) -> list[Loop]:
    header, ids = Loop(""), dict(grammar.ids)
    loops, current = [header], header
    for at, segment in enumerate(found.segments[1:-1], start=2):
        if segment.name in grammar.summary:
            current = header
        parent = _parent(current, segment, loops, grammar)
        if parent is not None:
            current = Loop(segment.name, parent, at=at)
            if segment.name == grammar.hierarchy:
                current.name, current.number = segment.element(3) or "?", segment.element(1)
            loops.append(current)
        _add(current, segment, ids.get(segment.name, 0), at if parent is not None else 0)
        if parent is not None and segment.name in grammar.leaves:
            current = parent
    return loops


def _parent(current: Loop, segment: Segment, loops: list[Loop], grammar: X12Set) -> Loop | None:
    """The loop that the segment opens a new one in, None when it opens none."""
    if segment.name == grammar.hierarchy:
        return _level_above(segment, loops)
    outer: Loop | None = current
    while outer is not None:
        if (segment.name, outer.name) in grammar.loops:
            return outer
        outer = outer.parent
    return None


def _level_above(segment: Segment, loops: list[Loop]) -> Loop:
    named, level = segment.element(2), segment.element(3)
    for loop in reversed(loops):
        if named and loop.number == named:
            return loop
    rank = _LEVELS.index(level) if level in _LEVELS else len(_LEVELS)
    for loop in reversed(loops):
        if not named and loop.name in _LEVELS and _LEVELS.index(loop.name) < rank:
            return loop
    return loops[0]


def _add(loop: Loop, segment: Segment, ids_from: int, opens_at: int = 0) -> None:
    values: Record = {f"{at:02}": value for at, value in enumerate(segment.elements, start=1)}
    if opens_at:
        values["at"] = str(opens_at)
    if ids_from:
        pairs = zip(segment.elements[ids_from - 1 :: 2], segment.elements[ids_from::2], strict=False)
        values["ids"] = {
            qualifier: value for qualifier, value in reversed(list(pairs)) if qualifier and value
        }
    if segment.name == "DTM" and segment.element(5) == "RD8":
        values["from"], _, values["to"] = segment.element(6).partition("-")
    if loop.party is not None and segment.name in _PARTY:
        _put(loop, loop.party, segment, values)
        return
    loop.party = None
    _put(loop, loop.fields, segment, values)
    if segment.name == "N1":
        loop.party = values


def _put(loop: Loop, fields: Record, segment: Segment, values: Record) -> None:
    name = segment.name
    if name in _QUALIFIED:
        fields = fields.setdefault(name, {})
        name = segment.element(1) or "none"
    # By place and name: counting from the start for each would take forever in a segment that repeats.
    place = (id(fields), name)
    loop.counts[place] += 1
    count = loop.counts[place]
    fields[name if count == 1 else f"{name}#{count}"] = values


def _rows(loops: list[Loop], wanted: str) -> Iterator[Record]:
    for alternative in wanted.split("|"):
        is_optional = alternative.endswith("?")
        path = alternative.removesuffix("?")
        inner = [loop for loop in loops[1:] if _meets(loop, path)]
        if is_optional:
            outer, covered = path.rpartition(".")[0], {id(loop.parent) for loop in inner}
            inner += [loop for loop in loops if loop.path == outer and id(loop) not in covered]
            inner.sort(key=lambda loop: loop.at)
        for loop in inner:
            yield _row(loop)


def _meets(loop: Loop, path: str) -> bool:
    """`*` stands for any loops around, as an item is at the same level below an order or a pack."""
    if path.startswith("*."):
        return loop.name == path[2:]
    return loop.path == path


def _row(loop: Loop) -> Record:
    row: Record = {"at": str(loop.at)}
    around: Loop | None = loop
    while around is not None and around.name:
        # An HL loop's segments stand under its level, another loop's under the segments' own names.
        if around.name in around.fields:
            for name, values in around.fields.items():
                row.setdefault(name, values)
        else:
            row.setdefault(around.name, around.fields)
        around = around.parent
    return row


def _instant(group: Segment) -> str:
    """GS04 and GS05 as a point in time; X12 names no zone, so it is read as UTC."""
    day, time = group.element(4), group.element(5)
    if (
        not (day + time).isascii()
        or not (day.isdigit() and time.isdigit())
        or len(day) not in (6, 8)
        or len(time) < 4
    ):
        return ""
    day = day if len(day) == 8 else f"20{day}"
    seconds = time[4:6] if len(time) >= 6 else "00"
    return f"{day[:4]}-{day[4:6]}-{day[6:]}T{time[:2]}:{time[2:4]}:{seconds}Z"
