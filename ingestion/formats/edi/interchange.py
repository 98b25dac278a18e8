"""Interchanges of X12 text: delimiters as each ISA declares them, envelopes verified by their counts.

An envelope that does not close (IEA, GE) makes everything in it uncertain: `InterchangeError`, with the
segment and its position, refuses the file. A transaction set that does not close is refused alone
(`problem`), and the others of its group stand. Positions count segments from the ISA, which is 1
(source_systems 4.5).
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

ISA_LENGTH = 106
# Where the element separator stands in an ISA, whose fields have fixed widths.
_ISA_SEPARATORS = (3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103)
_REPETITION_SINCE = 402
_SEGMENT_NAME = re.compile(r"[A-Z][A-Z0-9]{1,2}")
_BLANK = " \t\r\n"
_BYTE_ORDER_MARK = "\ufeff"


class InterchangeError(Exception):
    """An interchange that cannot be trusted as a whole; the text names the segment and its position."""


@dataclass(frozen=True)
class Delimiters:
    """The four separators of one interchange; before version 00402 there is no repetition separator."""

    element: str
    component: str
    segment: str
    repetition: str = ""


@dataclass(frozen=True)
class Segment:
    """One segment; `elements[0]` is element 01. Blanks around an element are padding and gone."""

    name: str
    elements: tuple[str, ...]
    position: int

    def element(self, number: int) -> str:
        """Element by its number in the standard, empty when it was not sent."""
        return self.elements[number - 1] if number <= len(self.elements) else ""

    def __str__(self) -> str:
        return f"{self.name} (segment {self.position})"


@dataclass
class TransactionSet:
    """ST to SE with the envelopes around it; `problem` says why it must not be read, empty when sound."""

    interchange: Segment
    group: Segment
    segments: list[Segment] = field(default_factory=list)
    problem: str = ""

    @property
    def code(self) -> str:
        return self.segments[0].element(1)

    @property
    def number(self) -> str:
        """ISA13, GS06 and ST02 between two partners: what a transaction set is recognized by."""
        isa = self.interchange
        parts = [isa.element(at) for at in (6, 8, 13)]
        return "|".join([*parts, self.group.element(6), self.segments[0].element(2)])

    @property
    def content_hash(self) -> str:
        """The same for the same elements, whatever the delimiters."""
        text = "\x1e".join("\x1f".join((segment.name, *segment.elements)) for segment in self.segments)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Interchange:
    """ISA to IEA."""

    delimiters: Delimiters
    header: Segment
    sets: tuple[TransactionSet, ...]


def read_interchanges(text: str) -> tuple[Interchange, ...]:
    """All interchanges of one file, each with its own delimiters."""
    found = []
    at = _skip_blank(text, 0)
    while at < len(text):
        interchange, at = _read_one(text, at)
        found.append(interchange)
        at = _skip_blank(text, at)
    if not found:
        raise InterchangeError("the file is empty")
    return tuple(found)


def read_delimiters(text: str) -> Delimiters:
    """The delimiters that the ISA at the start of the text declares."""
    if not text.startswith("ISA"):
        raise InterchangeError(f"ISA (segment 1) is missing: the text starts with {text[:12]!r}")
    if len(text) < ISA_LENGTH:
        raise InterchangeError(f"ISA (segment 1) is cut off after {len(text)} of {ISA_LENGTH} characters")
    element = text[3]
    for number, (start, end) in enumerate(
        zip(_ISA_SEPARATORS, (*_ISA_SEPARATORS[1:], ISA_LENGTH - 1), strict=True), start=1
    ):
        found, wanted = text.find(element, start + 1), end
        if number < len(_ISA_SEPARATORS) and found != wanted:
            length = (found if found > start else len(text)) - start - 1
            raise InterchangeError(
                f"ISA (segment 1): ISA{number:02} has {length} characters where {wanted - start - 1} are due"
            )
    component, segment = text[104], text[105]
    # Below the first version with repetition ISA11 names a standard ("U").
    version = text[84:89]
    repeats = version.isascii() and version.isdigit() and int(version) >= _REPETITION_SINCE
    repetition = text[82] if repeats and not text[82].isalnum() else ""
    used = [mark for mark in (element, component, segment, repetition) if mark]
    if len(set(used)) != len(used) or any(mark.isalnum() or mark == " " for mark in used):
        raise InterchangeError(
            f"ISA (segment 1) declares delimiters that cannot be told from data: element {element!r}, "
            f"component {component!r}, segment {segment!r}, repetition {repetition!r}"
        )
    return Delimiters(element, component, segment, repetition)


def _read_one(text: str, start: int) -> tuple[Interchange, int]:
    delimiters = read_delimiters(text[start : start + ISA_LENGTH])
    reading = _Reading()
    end = start
    for segment, after in _segments(text, start, delimiters):
        reading.take(segment)
        end = after
        if segment.name == "IEA":
            return Interchange(delimiters, reading.isa, tuple(reading.sets)), end
    last = reading.last
    raise InterchangeError(f"the file is cut off: no IEA follows {last or 'the ISA'}")


def _segments(text: str, start: int, delimiters: Delimiters) -> Iterator[tuple[Segment, int]]:
    """The segments of the text and where each ends; the last may lack its terminator."""
    position, at = 0, start
    blank = "".join(sign for sign in _BLANK if sign not in vars(delimiters).values())
    while at < len(text):
        end = text.find(delimiters.segment, at)
        end = len(text) if end < 0 else end
        chunk = text[at:end].strip(blank)
        at = end + 1
        if chunk:
            position += 1
            name, *elements = chunk.split(delimiters.element)
            yield Segment(name.strip(blank), tuple(value.strip(blank) for value in elements), position), at


def _skip_blank(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANK + _BYTE_ORDER_MARK:
        at += 1
    return at


class _Reading:
    """The envelopes of one interchange while its segments pass."""

    def __init__(self) -> None:
        self.sets: list[TransactionSet] = []
        self.last: Segment | None = None
        self._isa: Segment | None = None
        self._group: Segment | None = None
        self._open: TransactionSet | None = None
        self._groups = 0
        self._first_of_group = 0

    @property
    def isa(self) -> Segment:
        assert self._isa, "the first segment"
        return self._isa

    def take(self, segment: Segment) -> None:
        name = segment.name
        if self._isa is None:
            if len(segment.elements) != 16:
                raise InterchangeError(f"{segment} has {len(segment.elements)} elements where 16 are due")
            self._isa = segment
        elif name == "GS" and self._open is None:
            self._start_group(segment)
        elif name == "ST":
            self._start_set(segment)
        elif name == "SE" and self._open:
            self._end_set(segment)
        elif name == "GE":
            self._end_group(segment)
        elif name == "IEA":
            self._end(segment)
        elif self._open:
            self._add(segment)
        elif not (name == "TA1" and self._group is None):
            raise InterchangeError(f"{segment} stands outside of any transaction set")
        self.last = segment

    def _start_group(self, segment: Segment) -> None:
        if self._group:
            raise InterchangeError(f"{segment} opens a group before GE closes {self._group}")
        self._group, self._first_of_group = segment, len(self.sets)
        self._groups += 1

    def _start_set(self, segment: Segment) -> None:
        if self._group is None:
            raise InterchangeError(f"{segment} stands outside of any group")
        self._break_open(segment)
        self._open = TransactionSet(self.isa, self._group, [segment])
        numbers = {known.segments[0].element(2) for known in self.sets[self._first_of_group :]}
        if segment.element(2) in numbers:
            self._open.problem = f"{segment}: ST02 {segment.element(2)} occurs twice in {self._group}"
        self.sets.append(self._open)

    def _add(self, segment: Segment) -> None:
        assert self._open
        self._open.segments.append(segment)
        if not _SEGMENT_NAME.fullmatch(segment.name) and not self._open.problem:
            self._open.problem = f"{segment.name[:12]!r} (segment {segment.position}) is no segment name"

    def _end_set(self, segment: Segment) -> None:
        assert self._open
        self._open.segments.append(segment)
        first, count = self._open.segments[0], len(self._open.segments)
        if not self._open.problem:
            if _number(segment.element(1)) != count:
                self._open.problem = (
                    f"{segment}: SE01 promises {segment.element(1) or 'no'} segments, there are {count}"
                )
            elif segment.element(2) != first.element(2):
                self._open.problem = (
                    f"{segment}: SE02 {segment.element(2)!r} closes ST02 {first.element(2)!r}"
                )
        self._open = None

    def _break_open(self, segment: Segment) -> None:
        if self._open:
            self._open.problem = self._open.problem or f"no SE closes the set before {segment}"
            self._open = None

    def _end_group(self, segment: Segment) -> None:
        if self._group is None:
            raise InterchangeError(f"{segment} closes no group")
        self._break_open(segment)
        count = len(self.sets) - self._first_of_group
        if _number(segment.element(1)) != count:
            raise InterchangeError(f"{segment}: GE01 promises {segment.element(1)} sets, there are {count}")
        _same(segment, "GE02", segment.element(2), "GS06", self._group.element(6))
        self._group = None

    def _end(self, segment: Segment) -> None:
        if self._group:
            raise InterchangeError(f"{segment} comes before GE closes {self._group}")
        if _number(segment.element(1)) != self._groups:
            raise InterchangeError(
                f"{segment}: IEA01 promises {segment.element(1)} groups, there are {self._groups}"
            )
        _same(segment, "IEA02", segment.element(2), "ISA13", self.isa.element(13))


def _same(segment: Segment, closing: str, found: str, opening: str, wanted: str) -> None:
    """GS06 and ISA13 are numbers: leading zeros say nothing."""
    if found != wanted and (_number(found) is None or _number(found) != _number(wanted)):
        raise InterchangeError(f"{segment}: {closing} {found!r} closes {opening} {wanted!r}")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
