"""What two distributors exchange with the health system, as EDI X12 with delimiters of their own.

Orders go out; acknowledgements, ship notices, invoices and a catalogue come in, and functional
acknowledgements of the orders. The exchange went live in 2026; one file a partner, month and kind. It is no
production, and ISA15 says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from sandbox import clock
from sandbox.beliefs.identity import Chunk
from sandbox.columns import CENT
from sandbox.documents import CREDIT, RECEIPT
from sandbox.masters import EA, Masters, part_number
from sandbox.orders import ISSUED

FOLDER = "distributor/outbound"
BUYER = "LAKESHORE"
_LIVE_FROM = clock.day_number(date(2026, 1, 1))
# X12 says CA for case; CS would be a cassette.
_UNITS = ("EA", "BX", "CA")
_KINDS = ("850", "855", "856", "810", "997", "832")
_GROUPS = {"850": "PO", "855": "PR", "856": "SH", "810": "IN", "997": "FA", "832": "SC"}
_CARRIAGE = 2

Segment = list[str]
Transaction = list[Segment]


@dataclass(frozen=True)
class Partner:
    """How one distributor writes."""

    name: str
    element: str
    component: str
    segment: str
    repetition: str
    version: str
    ending: str


_PARTNERS = (
    Partner("DISTRIBONE", "*", ">", "~", "U", "00401", "\n"),
    Partner("DISTRIBTWO", "|", ":", "\n", "!", "00501", ""),
)


def partners(masters: Masters) -> dict[int, Partner]:
    """The two suppliers that most is ordered from."""
    busiest = np.argsort(-masters.supplier_weight, kind="stable")[: len(_PARTNERS)]
    return dict(zip(busiest.tolist(), _PARTNERS, strict=True))


def write_documents(chunk: Chunk, folder: Path) -> int:
    """The documents of a chunk; returns how many transaction sets were written."""
    written = 0
    for supplier, partner in partners(chunk.masters).items():
        mine = _Documents(chunk, supplier)
        answered: dict[str, tuple[int, int, date]] = {}
        for kind, documents in mine.by_kind().items():
            for month, found in sorted(_by_month(documents).items()):
                control = _control(chunk.number, kind, month)
                _write(folder, partner, kind, month, chunk.number, control, found)
                written += len(found)
                if kind == "850":
                    answered[month] = (control, len(found), max(day for day, _ in found))
        for month, (control, count, last) in answered.items():
            number = _control(chunk.number, "997", month)
            answer = [(last + timedelta(days=1), _answer(control, count))]
            _write(folder, partner, "997", month, chunk.number, number, answer)
            written += 1
    return written


def write_catalogues(masters: Masters, folder: Path) -> int:
    """Each partner's catalogue of the year, a line an orderable unit: list price and content."""
    for supplier, partner in partners(masters).items():
        first = int(masters.catalogue_start[supplier])
        lines: Transaction = []
        number = 0
        items = [
            item
            for item in range(first, first + int(masters.catalogue_count[supplier]))
            if masters.items[item].family
        ]
        for item in items:
            row = masters.items[item]
            ids = ["VC", part_number(supplier, item), "IN", row.number, "MG", row.manufacturer_part]
            # What the pack holds today, as the master of units knows it.
            packs = {
                one.unit: one.factor
                for one in masters.erp_units.get(item) or masters.units_of(item)
                if one.valid_to is None
            }
            for unit in range(len(_UNITS)):
                factor, price = packs.get(unit, 0), int(masters.renewed_price[item, unit])
                if not (factor and price):
                    continue
                number += 1
                lines += [
                    ["LIN", str(number), *ids],
                    ["PID", "F", "", "", "", _words(row.name)],
                    *([["PO4", str(factor), "1", _UNITS[EA]]] if unit != EA else []),
                    ["CTP", "", "CAT", _decimal(price + price // 10), "1", _UNITS[unit]],
                    ["DTM", "007", "", "", "", "RD8", "20260101-20261231"],
                ]
        head = [
            ["BCT", "PC", f"CATALOGUE-{partner.name}"],
            ["CUR", "SE", "USD"],
            ["N1", "SE", "DISTRIBUTOR", "92", masters.suppliers[supplier].number],
        ]
        body = [*head, *lines, ["CTT", str(number)]]
        found = [(clock.AS_OF - timedelta(days=30), body)]
        _write(folder, partner, "832", "202606", 0, _control(0, "832", "202606"), found)
    return len(_PARTNERS)


class _Documents:
    """One distributor's documents of a chunk, as pairs of day and segments."""

    def __init__(self, chunk: Chunk, supplier: int) -> None:
        self.chunk, self.supplier = chunk, supplier
        orders = chunk.documents.orders
        is_mine = (orders.po_supplier == supplier) & (orders.po_state == ISSUED)
        self.orders = np.flatnonzero(is_mine & (orders.po_day >= _LIVE_FROM))
        self.numbers = dict(zip(self.orders.tolist(), _texts(chunk.po_numbers, self.orders), strict=True))
        self.lines: dict[int, list[int]] = {order: [] for order in self.numbers}
        for line in np.flatnonzero(np.isin(orders.po, self.orders)).tolist():
            self.lines[int(orders.po[line])].append(line)

    def by_kind(self) -> dict[str, list[tuple[date, Transaction]]]:
        return {
            "850": [self._order(order) for order in self.numbers],
            "855": [self._acknowledgement(order) for order in self.numbers],
            "856": list(self._ship_notices()),
            "810": list(self._invoices()),
        }

    def _ids(self, line: int) -> Segment:
        item = int(self.chunk.documents.orders.item[line])
        return ["VC", part_number(self.supplier, item), "IN", self.chunk.masters.items[item].number]

    def _po1(self, line: int) -> Segment:
        orders = self.chunk.documents.orders
        unit, price = _UNITS[orders.unit[line]], _decimal(int(orders.price[line]))
        head = ["PO1", str(orders.number[line]), str(orders.quantity[line]), unit, price, ""]
        return [*head, *self._ids(line)]

    def _totals(self, lines: list[int]) -> Segment:
        total = sum(int(self.chunk.documents.orders.quantity[line]) for line in lines)
        return ["CTT", str(len(lines)), str(total)]

    def _order(self, order: int) -> tuple[date, Transaction]:
        day = _day(int(self.chunk.documents.orders.po_day[order]))
        lines = self.lines[order]
        head = [["BEG", "00", "SA", self.numbers[order], "", _plain(day)], ["CUR", "BY", "USD"]]
        return day, [*head, *(self._po1(line) for line in lines), self._totals(lines)]

    def _acknowledgement(self, order: int) -> tuple[date, Transaction]:
        orders = self.chunk.documents.orders
        ordered = _day(int(orders.po_day[order]))
        day = ordered + timedelta(days=1)
        head = ["BAK", "00", "AC", self.numbers[order], _plain(ordered)]
        body: Transaction = [[*head, "", "", "", f"V{self.numbers[order]}", _plain(day)]]
        for line in self.lines[order]:
            quantity, unit = int(orders.quantity[line]), _UNITS[orders.unit[line]]
            later = quantity // 2 if orders.shipments[line] > 1 else 0
            promised = _plain(_day(int(orders.need_by[line])))
            body += [self._po1(line), ["ACK", "IA", str(quantity - later), unit, "017", promised]]
            if later:
                body.append(["ACK", "IB", str(later), unit])
        return day, [*body, self._totals(self.lines[order])]

    def _ship_notices(self) -> Iterable[tuple[date, Transaction]]:
        orders, receipts = self.chunk.documents.orders, self.chunk.documents.receipts
        came = receipts.alive & (receipts.kind == RECEIPT) & np.isin(orders.po[receipts.line], self.orders)
        rows = np.flatnonzero(came)
        by_document: dict[int, list[int]] = {}
        for row in rows.tolist():
            by_document.setdefault(int(self.chunk.receipt_numbers[row]), []).append(row)
        for document, found in by_document.items():
            arrives = _day(int(receipts.day[found[0]]))
            leaves = arrives - timedelta(days=_CARRIAGE)
            body: Transaction = [
                ["BSN", "00", f"SH{document:09}", _plain(leaves), "0800"],
                ["HL", "1", "", "S"],
                ["DTM", "011", _plain(leaves)],
                ["DTM", "017", _plain(arrives)],
                ["HL", "2", "1", "O"],
                ["PRF", self.numbers[int(orders.po[receipts.line[found[0]]])]],
            ]
            for number, row in enumerate(found, start=3):
                line = int(receipts.line[row])
                shipped = ["SN1", "", str(receipts.quantity[row]), _UNITS[orders.unit[line]]]
                body += [
                    ["HL", str(number), "2", "I"],
                    ["LIN", str(orders.number[line]), *self._ids(line)],
                    shipped,
                ]
            total = sum(int(receipts.quantity[row]) for row in found)
            yield leaves, [*body, ["CTT", str(len(found) + 2), str(total)]]

    def _invoices(self) -> Iterable[tuple[date, Transaction]]:
        orders, bills = self.chunk.documents.orders, self.chunk.documents.invoices
        gross, printed = self.chunk.documents.gross_amount, self.chunk.printed_numbers
        # Retyped and repeated entries are AP automation's: the distributor billed once.
        once = (bills.doc_print < 0) & (bills.doc_style == 0) & ~bills.doc_void
        for bill in np.flatnonzero(once & np.isin(bills.doc_po, self.orders)).tolist():
            day, order = _day(int(bills.doc_day[bill])), int(bills.doc_po[bill])
            kind = "CR" if bills.doc_kind[bill] == CREDIT else "DI"
            head = ["BIG", _plain(day), printed[bill].as_py(), "", self.numbers[order], "", "", kind]
            rows = np.flatnonzero(bills.doc == bill).tolist()
            body: Transaction = [head, ["N1", "SE", "DISTRIBUTOR", "92", self._supplier_number()]]
            for row in rows:
                line = int(bills.line[row])
                price = _decimal(int(bills.bill_price[row]))
                unit = _UNITS[bills.bill_unit[row]]
                amounts = [str(bills.bill_quantity[row]), unit, price, "PE"]
                body.append(["IT1", str(orders.number[line]), *amounts, *self._ids(line)])
            body.append(["TDS", str(gross[bill])])
            if bills.doc_freight[bill]:
                body.append(["SAC", "C", "D240", "", "", str(bills.doc_freight[bill])])
            if bills.doc_tax[bill]:
                body.append(["TXI", "ST", _decimal(int(bills.doc_tax[bill]) * CENT)])
            total = sum(int(bills.bill_quantity[row]) for row in rows)
            yield day, [*body, ["CTT", str(len(rows)), str(total)]]

    def _supplier_number(self) -> str:
        return self.chunk.masters.suppliers[self.supplier].number


def _answer(control: int, count: int) -> Transaction:
    accepted = [part for at in range(1, count + 1) for part in (["AK2", "850", f"{at:04}"], ["AK5", "A"])]
    return [["AK1", "PO", str(control)], *accepted, ["AK9", "A", *[str(count)] * 3]]


def _write(
    folder: Path, partner: Partner, kind: str, month: str, chunk: int, control: int,
    documents: list[tuple[date, Transaction]],
) -> None:  # fmt: skip
    """One interchange of one group, whole or not at all."""
    buyer, seller = (BUYER, partner.name) if kind == "850" else (partner.name, BUYER)
    last = max(day for day, _ in documents)
    segments: list[Segment] = [
        [
            *("ISA", "00", " " * 10, "00", " " * 10, "ZZ", f"{buyer:15}", "ZZ", f"{seller:15}"),
            *(f"{last:%y%m%d}", "1800", partner.repetition, partner.version, f"{control:09}", "0", "T"),
            partner.component,
        ],
        ["GS", _GROUPS[kind], buyer, seller, _plain(last), "1800", str(control), "X", "004010"],
    ]
    for number, (_, body) in enumerate(documents, start=1):
        name = f"{number:04}"
        segments += [["ST", kind, name], *body, ["SE", str(len(body) + 2), name]]
    segments += [["GE", str(len(documents)), str(control)], ["IEA", "1", f"{control:09}"]]
    end = partner.segment + partner.ending
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{kind}_{partner.name.lower()}_{month}_{chunk + 1:03d}.x12"
    path.write_text("".join(partner.element.join(segment) + end for segment in segments), encoding="utf-8")


def _control(chunk: int, kind: str, month: str) -> int:
    """One running number per partner, the same in every generation of a world."""
    return ((chunk + 1) * 1000 + int(month[2:4]) * 12 + int(month[4:])) * 10 + _KINDS.index(kind)


def _by_month(
    documents: list[tuple[date, Transaction]],
) -> dict[str, list[tuple[date, Transaction]]]:
    """What had happened by the last day of the world, by month."""
    found: dict[str, list[tuple[date, Transaction]]] = {}
    for day, body in documents:
        if day <= clock.AS_OF:
            found.setdefault(f"{day:%Y%m}", []).append((day, body))
    return found


def _texts(column: object, rows: np.ndarray) -> list[str]:
    return [column[row].as_py() for row in rows.tolist()]  # type: ignore[index]


def _day(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=number)


def _plain(day: date) -> str:
    return f"{day:%Y%m%d}"


def _decimal(micro: int) -> str:
    """Millionths as X12 writes numbers: no trailing zeros, no bare point."""
    whole, rest = divmod(micro, 1_000_000)
    return f"{whole}.{rest:06}".rstrip("0").rstrip(".")


def _words(text: str) -> str:
    """Free text without the delimiters of either partner."""
    return "".join(sign if sign.isalnum() or sign in " -/,.%" else " " for sign in text)
