"""X12 text for tests: envelopes around given segments, with any delimiters, counted right unless told
otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Marks:
    """Delimiters of one partner."""

    element: str = "*"
    component: str = ">"
    segment: str = "~"
    repetition: str = "^"
    end_of_line: str = "\n"


STAR = Marks()
PIPE = Marks("|", ":", "\x1c", "!", "")


def transaction(code: str, number: str, *body: Sequence[str], count: int | None = None) -> list[list[str]]:
    """ST to SE."""
    found = [["ST", code, number], *(list(segment) for segment in body)]
    return [*found, ["SE", str(len(found) + 1 if count is None else count), number]]


def interchange(
    *sets: Sequence[Sequence[str]],
    number: int = 1,
    group: str = "PO",
    sender: str = "DISTONE",
    receiver: str = "LAKESHORE",
    marks: Marks = STAR,
    version: str = "00501",
    usage: str = "T",
) -> str:
    """ISA to IEA around the sets, one group."""
    isa = [
        *("ISA", "00", " " * 10, "00", " " * 10, "ZZ", f"{sender:15}", "ZZ", f"{receiver:15}"),
        *("260601", "1200", marks.repetition or "U", version, f"{number:09}", "0", usage, marks.component),
    ]
    segments = [
        isa,
        ["GS", group, sender, receiver, "20260601", "1200", str(number), "X", "004010"],
        *(segment for found in sets for segment in found),
        ["GE", str(len(sets)), str(number)],
        ["IEA", "1", f"{number:09}"],
    ]
    end = marks.segment + marks.end_of_line
    return "".join(marks.element.join(segment) + end for segment in segments)


def split(text: str, mark: str = "*") -> list[list[str]]:
    """`PO1*1*5 CTT*1` as segments, for short tests."""
    return [word.replace("_", " ").split(mark) for word in text.split()]


ACKNOWLEDGEMENT = split(
    "BAK*00*AC*PO1001*20260530****V-77*20260531 PO1*1*10*EA*2.5**VC*V-1*IN*100001 ACK*IA*6*EA*017*20260604"
    " ACK*IB*4*EA*017*20260620 PO1*2*3*CA*480*HP*IN*100002*VC*V-2 CTT*2*13"
)
"""EDI 855 of two lines: one in two parts, one priced per hundred."""
