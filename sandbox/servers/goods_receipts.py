"""How inventory's restated receipts reach the cloud ERP: those it had refused become goods receipts.

The ERP books a goods receipt at the order's price: the order line's account against goods received, not
invoiced.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal

from sandbox.servers.erp_book import ErpBook
from sandbox.servers.records import Collection, Record
from sandbox.servers.unit_corrections import Row
from sandbox.servers.write_log import odata_date

_CENT = Decimal("0.01")
_GRNI = "210000"
_USER = "GR_INTERFACE"


class GoodsReceipts:
    """Takes receipts for one ERP; `orders` are procurement's, which hold the account of each line."""

    def __init__(self, book: ErpBook, entities: dict[str, Collection], orders: Collection) -> None:
        self._book, self._entities, self._orders = book, entities, orders

    def take(self, receipts: Sequence[Row]) -> None:
        """Post the receipts that the ERP does not have yet and whose order it knows."""
        found = [self._receipt(row) for row in receipts if self._is_missing(row)]
        taken = [pair for pair in found if pair]
        self._book.take_goods_receipts([movement for movement, _ in taken], [lines for _, lines in taken])

    def _is_missing(self, row: Row) -> bool:
        is_receipt = row["TransactionType"] == "RECEIPT"
        return is_receipt and not self._book.has_goods_receipt(row["ReceiptNumber"], row["LineNumber"])

    def _receipt(self, row: Row) -> tuple[Record, list[Record]] | None:
        headers = self._entities["A_PurchaseOrder"].find("PurchaseOrder", [row["PoNumber"]])
        items = self._entities["A_PurchaseOrderItem"].find("PurchaseOrder", [row["PoNumber"]])
        item = next((item for item in items if _same(item["PurchaseOrderItem"], row["PoLine"])), None)
        line = self._order_line(row)
        if not headers or item is None or line is None:
            return None
        posted_on = self._book.posting_day(date.fromisoformat(row["PostingDate"] or row["ReceiptDate"]))
        movement = {
            "MaterialDocumentYear": str(posted_on.year),
            "GoodsMovementType": "101",
            "PurchaseOrder": row["PoNumber"],
            "PurchaseOrderItem": item["PurchaseOrderItem"],
            "Material": item["Material"],
            "Plant": item["Plant"],
            "QuantityInEntryUnit": row["Quantity"],
            "EntryUnit": row["Uom"],
            "QuantityInBaseUnit": row["StockQuantity"],
            "MaterialBaseUnit": row["StockUom"],
            "DocumentDate": _odata_day(date.fromisoformat(row["ReceiptDate"])),
            "PostingDate": _odata_day(posted_on),
            "ReferenceDocument": row["ReceiptNumber"],
            "ReferenceDocumentItem": row["LineNumber"],
        }
        amount = self._value(headers[0], item, row)
        return movement, _entry(headers[0], item, line, amount, posted_on)

    def _value(self, header: Record, item: Record, row: Row) -> Decimal:
        """The base quantity at the order's price, by the conversion in force when the order was placed."""
        factor = Decimal(1)
        for unit in self._entities["A_ProductUnitsOfMeasure"].find("Product", [item["Material"]]):
            starts, ends = _millis(unit["ValidityStartDate"]), _millis(unit["ValidityEndDate"])
            ordered = _millis(header["PurchaseOrderDate"]) or 0
            holds = (starts or 0) <= ordered and (ends is None or ordered < ends)
            if holds and unit["AlternativeUnit"] == item["PurchaseOrderQuantityUnit"]:
                factor = Decimal(unit["QuantityNumerator"]) / Decimal(unit["QuantityDenominator"])
        price = Decimal(item["NetPriceAmount"]) / Decimal(item["NetPriceQuantity"] or 1)
        return (Decimal(row["StockQuantity"]) / factor * price).quantize(_CENT, ROUND_HALF_UP)

    def _order_line(self, row: Row) -> Record | None:
        for order in self._orders.find("po-number", [row["PoNumber"]]):
            for line in order["order-lines"]:
                if _same(line["line-num"], row["PoLine"]):
                    return dict(line)
        return None


def _entry(header: Record, item: Record, line: Record, amount: Decimal, posted_on: date) -> list[Record]:
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
        "CreatedByUser": _USER,
    }
    account = line["account"]
    debit = {"GLAccount": account["segment-3"], "CostCenter": account["segment-2"], "DebitCreditCode": "S"}
    order = f"{item['PurchaseOrder']}|{item['PurchaseOrderItem']}"
    return [
        {**common, "LedgerGLLineItem": "000001", **debit, "AssignmentReference": None},
        {
            **common,
            "LedgerGLLineItem": "000002",
            "GLAccount": _GRNI,
            "CostCenter": None,
            "DebitCreditCode": "H",
            "AssignmentReference": order,
        },
    ]


def _same(left: object, right: str) -> bool:
    return str(left).lstrip("0") == right.lstrip("0")


def _millis(value: str | None) -> int | None:
    return int(value[6:-2]) if value else None


def _odata_day(day: date) -> str:
    return odata_date(datetime(day.year, day.month, day.day, tzinfo=UTC))
