"""What `trace` and `explain` print: plain text at a hundred columns, from the rows that others read."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from concord.explaining import CodeWords, Explanation, code_words, words_of
from concord.report import fields, table
from concord.tracing import Chain, Row

# What the mart of traces says and no document of the chain shows; the rest stands above it already.
STATES = (
    "line_state",
    "overlay_flags",
    "procurement_state",
    "inventory_state",
    "payables_state",
    "ledger_state",
    "state_words",
    "state_owner_role",
    "accrual_class",
    "is_order_in_erp",
    "receipts_in_erp",
    "ledger_receipt_amount",
    "ledger_invoice_amount",
    "is_complete",
)
LEDGER_LINES = 8


def chain_words(chain: Chain) -> str:
    """One order line from order to payment, then each system's state, findings and postings."""
    parts = [
        _head(chain),
        table(("system", "document", "date", "quantity", "amount", "state"), _steps(chain)),
    ]
    if chain.state:
        parts.append("State by system\n" + fields(_states(chain.state)))
    if chain.postings:
        parts.append("General ledger\n" + _ledger(chain.postings))
    parts.append("Findings\n" + (_findings(chain.findings) if chain.findings else "  none"))
    if chain.deliveries:
        parts.append("Posted by Concord\n" + _deliveries(chain.deliveries))
    return "\n\n".join(parts)


def explanation_words(one: Explanation) -> str:
    """One finding, for a person who did not find it."""
    row = one.finding
    document = {
        "document": f"{row['entity_type'].replace('_', ' ')} {row['business_key']}",
        "in": f"{row['source_instance']} ({row['native_id']})",
        "supplier": row["supplier_name"],
        "facility": row["facility_code"],
        "at risk": plain(row["amount_at_risk"]),
    }
    if one.status == "OPEN":
        cure = {"cure": one.cure}
    else:
        cure = {"ended": f"{one.status.lower()} on {_day(row['last_seen_at'])}", "by": one.cured_by}
    meaning = {
        "means": one.words,
        "rule": f"domain rules {one.rule}" if one.rule else "",
        "cause": one.cause,
        "called": one.called,
        "owner": one.owner_role,
        "first seen": _day(row["first_seen_at"]),
        "baseline": f"open on {row['baselined_on']}, so not new" if row["baselined_on"] else "",
        **cure,
    }
    return "\n\n".join(
        [
            f"{one.code}  {one.severity}  {one.status}  {one.exception_id[:12]}",
            fields(document),
            fields(meaning),
            "Numbers\n" + fields({name: plain(value) for name, value in one.evidence.items()}),
            f"The whole chain: concord trace finding:{one.exception_id[:12]}",
        ]
    )


def code_explanation(code: CodeWords) -> str:
    """One code, for a person who meets it for the first time."""
    meaning = {
        "means": code.words,
        "rule": f"domain rules {code.rule}" if code.rule else "",
        "called": code.called,
        "owner": code.owner_role,
        "cure": code.cure,
    }
    return f"{code.code}  {code.severity}\n\n{fields(meaning)}"


def plain(value: Any) -> Any:
    """A number without the zeros of its column; anything else as it is."""
    if isinstance(value, str) and value.replace(".", "", 1).removeprefix("-").isdigit() and "." in value:
        return plain(Decimal(value))
    if isinstance(value, Decimal):
        return value.quantize(Decimal("0.01")) if value == round(value, 2) != round(value) else _short(value)
    return value


def _short(value: Decimal) -> Decimal:
    return Decimal(f"{value.normalize():f}")


def _head(chain: Chain) -> str:
    line = chain.line
    if line is None:
        number = chain.invoice_lines[0]["invoice_number"] if chain.invoice_lines else ""
        return f"Invoice {number}, without an order"
    item = " ".join(word for word in (line["item_number"], line["item_description"]) if word)
    where = ", ".join(word for word in (line["supplier_name"], line["facility_code"]) if word)
    return f"Order {line['po_number']} line {line['line_number']}\n  {item}\n  {where}"


def _steps(chain: Chain) -> list[tuple[Any, ...]]:
    """The documents in the order they arise; quantities in the base unit, as the match compares them."""
    steps: list[tuple[Any, ...]] = []
    if chain.line:
        line = chain.line
        steps.append(
            (
                line["source_instance"],
                f"order {line['po_number']}|{line['line_number']}",
                line["ordered_date"],
                _quantity(line["ordered_quantity"], line["base_uom_code"]),
                line["line_amount"],
                " ".join(word for word in (line["po_status"], line["line_status"]) if word),
            )
        )
    for row in chain.receipts:
        document = f"{row['receipt_type'].lower()} {row['receipt_number']}|{row['line_number'] or ''}"
        quantity = _quantity(row["received_quantity"], row["base_uom_code"])
        entered = f"entered as {plain(row['quantity'])} {row['uom_code'] or row['source_uom_code']}"
        steps.append((row["source_instance"], document, row["business_date"], quantity, None, entered))
    for row in chain.invoice_lines:
        document = f"invoice {row['invoice_number']}|{row['line_number']}"
        quantity = _quantity(row["invoiced_quantity"], row["base_uom_code"])
        state = " ".join(word for word in (row["match_status"], row["codes"]) if word)
        steps.append(
            (row["source_instance"], document, row["invoice_date"], quantity, row["line_amount"], state)
        )
    for row in chain.bills:
        document, state = f"bill {row['invoice_number']} by EDI", f"copy: {row['copy_status']}"
        steps.append((row["source_instance"], document, row["invoice_date"], "", row["gross_amount"], state))
    for row in chain.payments:
        document = f"payment {row['payment_number'] or row['payment_id']}"
        state = "VOID" if row["is_void"] else "paid"
        steps.append((row["source_instance"], document, row["payment_date"], "", row["amount"], state))
    return steps


def _states(state: Row) -> dict[str, Any]:
    given = [(name, state[name]) for name in STATES if state[name] is not None]
    words = {True: "yes", False: "no"}
    return {name: words[value] if isinstance(value, bool) else plain(value) for name, value in given}


def _ledger(postings: Iterable[Row]) -> str:
    rows = [
        (
            row["source_instance"],
            row["journal_id"],
            row["posting_date"],
            row["account_code"],
            row["debit_amount"],
            row["credit_amount"],
            row["subledger_type"],
        )
        for row in postings
    ]
    text = table(("ledger", "journal", "posted", "account", "debit", "credit", "of"), rows[:LEDGER_LINES])
    return text + (f"\n  ... and {len(rows) - LEDGER_LINES} more" if len(rows) > LEDGER_LINES else "")


def _findings(findings: Iterable[Row]) -> str:
    lines = []
    for row in findings:
        cause = f" {row['cause_code']}" if row["cause_code"] else ""
        cause += f" {row['cause_ratio'].normalize():f}" if row["cause_ratio"] else ""
        document = f"{row['entity_type'].replace('_', ' ')} {row['business_key']}"
        lines.append(f"  {row['exception_id'][:12]}  {row['code']}{cause}  on {document}")
        if row["status"] == "OPEN":
            known = f", in the baseline of {row['baselined_on']}" if row["baselined_on"] else ""
            end = f"open, {row['owner_role']}{known}"
        else:
            cured = words_of("causes").get(row["cured_by"] or "", {}).get("words", "")
            end = f"{row['status'].lower()} {_day(row['last_seen_at'])}"
            end += f" by {cured} (cured_by {row['cured_by']})" if row["cured_by"] else ""
        lines.append(f"    first seen {_day(row['first_seen_at'])}, {end}")
        lines.append(f"    {code_words(row['code'])}")
    return "\n".join(lines)


def _deliveries(deliveries: Iterable[Mapping[str, Any]]) -> str:
    rows = [
        (
            row["target"],
            row["business_key"],
            row["state"],
            plain(row["payload"].get("amount") or row["payload"].get("payable_amount")),
            _content(row["payload"]),
            f"{row['updated_at']:%Y-%m-%d}",
        )
        for row in deliveries
    ]
    return table(("to", "about", "state", "amount", "what", "when"), rows)


def _content(payload: Mapping[str, Any]) -> str:
    """What a message tells its target, in a few words."""
    if payload.get("reverses_reference"):
        return "reverses the accrual"
    if payload.get("reversal_date"):
        return f"accrues to {payload['reversal_date']}"
    if payload.get("factor"):
        return f"1 {payload['uom_code']} = {plain(payload['factor'])} from {payload['valid_from']}"
    return str(payload.get("match_status") or "")


def _quantity(value: Decimal | None, unit: str | None) -> str:
    return "" if value is None else f"{plain(value):,} {unit or ''}".rstrip()


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""
