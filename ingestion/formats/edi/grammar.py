"""What a transaction set and the X12 of one application are, as data of its spec."""

from dataclasses import dataclass


@dataclass(frozen=True)
class X12Set:
    """One transaction set, by ST01: the raw tables it fills and how its segments nest.

    `loops` are (opening segment, loop it stands in, empty for the header), of which `leaves` hold their
    opening segment alone; a segment of `summary` closes all loops, `hierarchy` (HL) opens one named by its
    level code. CTT01 counts the segments `counted`, CTT02 adds up the element `totaled` (`PO1.02`). `ids`
    tells at which element qualifier and id pairs begin. Columns are read by paths such as `PO1.02`,
    `PO1.ids.VC`, `REF.CO.02`, `^BAK.03`; a table's `explode` lists loops by path, alternatives after `|`, and
    `?` keeps the outer row where the last loop does not occur.
    """

    code: str
    tables: tuple[str, ...] = ()
    loops: tuple[tuple[str, str], ...] = ()
    leaves: tuple[str, ...] = ()
    hierarchy: str = ""
    summary: tuple[str, ...] = ()
    counted: str = ""
    totaled: str = ""
    ids: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class X12Format:
    """EDI X12 interchanges. `register` is the table of all transaction sets, those of no `sets` included."""

    register: str
    sets: tuple[X12Set, ...]
    encodings: tuple[str, ...] = ("utf-8-sig", "cp1252")

    def of(self, code: str) -> X12Set:
        return next((found for found in self.sets if found.code == code), X12Set(code))
