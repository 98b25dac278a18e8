"""How inventory's restated receipts reach the cloud ERP.

Those it had refused become goods receipts; those it has with another quantity are cancelled and posted again.
Each is booked at the order's price: the order line's account against goods received, not invoiced.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal

from sandbox.servers.erp_book import ErpBook
from sandbox.servers.erp_entities import GOODS_MOVEMENT
from sandbox.servers.records import Collection, Record
from sandbox.servers.unit_corrections import Row
from sandbox.servers.write_log import odata_date

_CENT = Decimal("0.01")
_GRNI = "210000"
_RECEIVED, _CANCELLED = "101", "102"
_USER = "GR_INTERFACE"


class GoodsReceipts:
    """Takes receipts for one ERP; `orders` are procurement's, which hold the account of each line."""

    def __init__(self, book: ErpBook, entities: dict[str, Collection], orders: Collection) -> None:
        self._book, self._entities, self._orders = book, entities, orders

    def take(self, receipts: Sequence[Row]) -> None:
        """Post the receipts that the ERP lacks, and post again those it has with another quantity."""
        found = [
            pair for row in receipts if row["TransactionType"] == "RECEIPT" for pair in self._documents(row)
        ]
        self._book.take_goods_receipts([movement for movement, _ in found], [lines for _, lines in found])

    def _documents(self, row: Row) -> list[tuple[Record, list[Record]]]:
        """What is to be posted for a receipt; nothing for an order that the ERP does not know."""
        headers = self._entities["A_PurchaseOrder"].find("PurchaseOrder", [row["PoNumber"]])
        items = self._entities["A_PurchaseOrderItem"].find("PurchaseOrder", [row["PoNumber"]])
        item = next((item for item in items if _same(item["PurchaseOrderItem"], row["PoLine"])), None)
        line = self._order_line(row)
        known, wanted = self._quantity(row), Decimal(row["StockQuantity"])
        if not headers or item is None or line is None or known == wanted:
            return []
        posted_on = self._book.posting_day(date.fromisoformat(row["PostingDate"] or row["ReceiptDate"]))
        documents = []
        for movement_type, quantity in ((_CANCELLED, known), (_RECEIVED, wanted)):
            if quantity:
                movement = _movement(movement_type, item, row, quantity, posted_on)
                amount = self._value(headers[0], item, quantity)
                sides = "SH" if movement_type == _RECEIVED else "HS"
                documents.append((movement, _entry(headers[0], item, line, amount, sides, posted_on)))
        return documents

    def _quantity(self, row: Row) -> Decimal:
        """Base units that the ERP has of this line of inventory's receipt."""
        rows = self._entities[GOODS_MOVEMENT].find("ReferenceDocument", [row["ReceiptNumber"]])
        mine = [known for known in rows if _same(known["ReferenceDocumentItem"], row["LineNumber"])]
        signs = {_RECEIVED: 1, _CANCELLED: -1}
        quantities = [
            signs.get(known["GoodsMovementType"], 0) * Decimal(known["QuantityInBaseUnit"]) for known in mine
        ]
        return sum(quantities, Decimal(0))

    def _value(self, header: Record, item: Record, quantity: Decimal) -> Decimal:
        """Base units at the order's price, by the conversion in force when the order was placed."""
        ordered = _millis(header["PurchaseOrderDate"]) or 0
        factor = self._factor(item["Material"], item["PurchaseOrderQuantityUnit"], ordered)
        price = Decimal(item["NetPriceAmount"]) / Decimal(item["NetPriceQuantity"] or 1)
        return (quantity / factor * price).quantize(_CENT, ROUND_HALF_UP)

    def factor(self, item: str, unit: str, day: date) -> Decimal:
        """Base units in one of a unit on a day, by the conversions both ERPs share; 1 for the base."""
        return self._factor(item, unit, _millis(_odata_day(day)) or 0)

    def _factor(self, item: str, unit: str, at: int) -> Decimal:
        factor = Decimal(1)
        for row in self._entities["A_ProductUnitsOfMeasure"].find("Product", [item]):
            starts, ends = _millis(row["ValidityStartDate"]), _millis(row["ValidityEndDate"])
            holds = (starts or 0) <= at and (ends is None or at < ends)
            if holds and row["AlternativeUnit"] == unit:
                factor = Decimal(row["QuantityNumerator"]) / Decimal(row["QuantityDenominator"])
        return factor

    def _order_line(self, row: Row) -> Record | None:
        for order in self._orders.find("po-number", [row["PoNumber"]]):
            for line in order["order-lines"]:
                if _same(line["line-num"], row["PoLine"]):
                    return dict(line)
        return None


def _movement(movement_type: str, item: Record, row: Row, quantity: Decimal, posted_on: date) -> Record:
    return {
        "MaterialDocumentYear": str(posted_on.year),
        "GoodsMovementType": movement_type,
        "PurchaseOrder": item["PurchaseOrder"],
        "PurchaseOrderItem": item["PurchaseOrderItem"],
        "Material": item["Material"],
        "Plant": item["Plant"],
        "QuantityInEntryUnit": row["Quantity"],
        "EntryUnit": row["Uom"],
        "QuantityInBaseUnit": f"{quantity:.6f}",
        "MaterialBaseUnit": row["StockUom"],
        "DocumentDate": _odata_day(date.fromisoformat(row["ReceiptDate"])),
        "PostingDate": _odata_day(posted_on),
        "ReferenceDocument": row["ReceiptNumber"],
        "ReferenceDocumentItem": row["LineNumber"],
    }


def _entry(
    header: Record, item: Record, line: Record, amount: Decimal, sides: str, posted_on: date
) -> list[Record]:
    common = {
        "Ledger": "0L",
        "CompanyCode": header["CompanyCode"],
        "FiscalYear": str(posted_on.year),
        "AccountingDocumentType": "WE",
        "Plant": item["Plant"],
        "PostingDate": _odata_day(posted_on),
        "FiscalPeriod": f"{posted_on.month:03d}",
        "AmountInTransactionCurrency": str(amount),
        "TransactionCurrency": header["DocumentCurrency"],
        "ReferenceDocumentType": "MKPF",
        "IsReversal": False,
        "ReversalReferenceDocument": None,
        "AccountingDocCreatedByUser": _USER,
    }
    account, center = (line["account"][f"segment-{part}"] for part in (3, 2))
    order = f"{item['PurchaseOrder']}|{item['PurchaseOrderItem']}"
    return [
        {
            **common,
            "LedgerGLLineItem": "000001",
            "GLAccount": account,
            "CostCenter": center,
            "DebitCreditCode": sides[0],
            "AssignmentReference": None,
        },
        {
            **common,
            "LedgerGLLineItem": "000002",
            "GLAccount": _GRNI,
            "CostCenter": None,
            "DebitCreditCode": sides[1],
            "AssignmentReference": order,
        },
    ]


def _same(left: object, right: str) -> bool:
    return str(left).lstrip("0") == right.lstrip("0")


def _millis(value: str | None) -> int | None:
    return int(value[6:-2]) if value else None


def _odata_day(day: date) -> str:
    return odata_date(datetime(day.year, day.month, day.day, tzinfo=UTC))
