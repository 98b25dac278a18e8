"""A proposal how an unknown extract becomes a canonical entity: which header serves which column, and why.

Names are compared word by word with the words that extracts use, values with the type of the column; where
quantity, price and amount are there, their product decides between prices. Nothing is guessed that would
reject rows or change a number: what is not clear stays unmapped and is said.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import product

from ingestion.formats.extensions import sounds_sensitive
from ingestion.formats.numbers import POINT, number_of
from ingestion.onboarding.mapping_types import Fit, HeaderType, fit_of, type_of
from ingestion.spec import ColumnSpec, TableSpec

# Words extracts use, by canonical column; `_id` and `_number` columns also answer to their own words.
WORDS: dict[str, tuple[str, ...]] = {
    "po_id": ("po so", "po", "purchase order", "order"),
    "po_number": ("po so", "po", "purchase order", "order", "po id"),
    "po_line_id": ("id", "po line id", "line id"),
    "po_line_number": ("po line", "order line", "line nbr"),
    "line_number": ("line", "line nbr", "line no", "order line", "invoice line", "voucher line num"),
    "receipt_line_id": ("receipt line id", "receipt line reference id", "id"),
    "receipt_number": ("receipt", "receiver id", "receipt reference", "goods receipt"),
    "receipt_date": ("receipt dt", "received date", "received on", "delivery recorded date", "date received"),
    "invoice_id": ("voucher id", "invoice reference id"),
    "invoice_line_id": ("invoice line reference id", "id"),
    "invoice_number": ("invoice", "supplier invoice number", "bill number"),
    "invoice_date": ("invoice dt", "bill date"),
    "supplier_id": ("vendor id", "supplier", "vendor"),
    "legal_name": ("supplier name", "vendor name", "name1", "supplier", "vendor"),
    "item_id": ("item", "inv item id", "material", "product", "item code"),
    "description": ("item description", "descr", "line description", "material description"),
    "quantity": ("qty", "line item quantity", "qty received", "received quantity", "qty sh recvd", "qty po"),
    "uom_code": ("uom", "unit of measure", "unit", "received uom"),
    "order_uom_code": ("uom", "unit of measure", "order unit", "unit"),
    "unit_price": ("price", "pack price", "price po", "net price", "unit cost"),
    "base_factor": ("pack size", "unit of measure per pack", "units per pack", "conversion rate"),
    "line_amount": ("amount", "line item value", "extended amount", "merchandise amt", "total", "value"),
    "currency_code": ("currency", "currency cd"),
    "facility_id": ("facility", "business unit", "location", "site"),
    "cost_center_code": ("cost center", "deptid", "cost centre"),
    "account_code": ("account", "gl account", "ledger account"),
    "gtin": ("gtin", "upc"),
    "lot": ("lot id", "lot number", "batch"),
}
LEAST = Decimal("0.75")
AMOUNT_TOLERANCE = Decimal("0.01")


@dataclass(frozen=True)
class Match:
    """One column of the entity and the header that serves it; `confidence` 0 to 1."""

    column: ColumnSpec
    header: str
    confidence: Decimal
    reason: str
    fit: Fit


@dataclass
class Proposal:
    """What was found: matches, required columns without one, headers nobody takes, warnings."""

    table: TableSpec
    rows: int
    matches: list[Match] = field(default_factory=list)
    missing: list[ColumnSpec] = field(default_factory=list)
    unmapped: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    types: dict[str, HeaderType] = field(default_factory=dict)


def propose(table: TableSpec, columns: Mapping[str, Sequence[str]]) -> Proposal:
    """The proposal for one entity from the columns of a sample, as text by header."""
    rows = max((len(values) for values in columns.values()), default=0)
    proposal = Proposal(table, rows)
    candidates = sorted(_candidates(table, columns), key=lambda match: -match.confidence)
    by_price = _by_product(candidates, columns)
    taken: dict[str, Match] = {}
    used: set[str] = set()
    for match in (*by_price, *candidates):
        if match.column.name not in taken and match.header not in used:
            taken[match.column.name] = match
            used.add(match.header)
    _fill_ids(table, columns, taken)
    proposal.matches = [taken[column.name] for column in table.columns if column.name in taken]
    proposal.missing = [column for column in table.columns if column.required and column.name not in taken]
    headers = {match.header for match in proposal.matches}
    for header, values in columns.items():
        if header not in headers:
            filled = sum(1 for value in values if value.strip())
            proposal.unmapped.append((header, f"{filled:,} values, kept in _extension"))
    hidden = {match.header for match in proposal.matches if match.column.sensitive}
    proposal.types = {
        header: type_of(values, hidden=header in hidden or sounds_sensitive(header))
        for header, values in columns.items()
    }
    proposal.warnings += [*_warnings(proposal, columns), *_misfits(proposal, columns)]
    return proposal


def _candidates(table: TableSpec, columns: Mapping[str, Sequence[str]]) -> Iterator[Match]:
    for column, (header, values) in product(table.columns, columns.items()):
        name, words = _name_score(column.name, header)
        if name < LEAST:
            continue
        fit = fit_of(column, values)
        # A misfit rejects its row: worth it only for a column that the entity cannot do without.
        if fit.misfits and (not column.required or fit.misfits * 2 > fit.filled):
            continue
        if _is_text_of_numbers(column, values) or not fit.filled:
            continue
        yield Match(column, header, name, f"named like {words!r}; {fit.filled:,} values fit", fit)


def _name_score(column: str, header: str) -> tuple[Decimal, str]:
    """The best share of common words between a header and what the column is called elsewhere."""
    found = set(_words(header))
    best, called = Decimal(0), ""
    for text in (column.replace("_", " "), *WORDS.get(column, ())):
        words = set(_words(text))
        common = len(found & words)
        score = Decimal(2 * common) / Decimal(len(found) + len(words)) if found else Decimal(0)
        if score > best:
            best, called = score, text
    return best.quantize(Decimal("0.01")), called


def _words(text: str) -> list[str]:
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text)
    return [word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word not in ("", "of", "the")]


def _is_text_of_numbers(column: ColumnSpec, values: Sequence[str]) -> bool:
    """A unit code is never a number; "Unit of Measure (Per Pack)" holds pack sizes."""
    texts = [value.strip() for value in values if value.strip()]
    return column.name.endswith("uom_code") and all(number_of(text, POINT) is not None for text in texts)


def _by_product(candidates: Sequence[Match], columns: Mapping[str, Sequence[str]]) -> list[Match]:
    """Quantity, price and amount whose product holds on the most rows: arithmetic beats names."""
    found = {
        name: [match for match in candidates if match.column.name == name]
        for name in ("quantity", "unit_price", "line_amount")
    }
    best: tuple[Decimal, list[Match]] = (Decimal("0.95"), [])
    for quantity, price, amount in product(*found.values()):
        if len({quantity.header, price.header, amount.header}) < 3:
            continue
        share = _share_that_multiplies([columns[each.header] for each in (quantity, price, amount)])
        if share > best[0]:
            reason = (
                f"{quantity.header} x {price.header} = {amount.header} within 1% on {share:.1%} of the rows"
            )
            found_now = [
                Match(each.column, each.header, min(share, Decimal("0.99")), reason, each.fit)
                for each in (quantity, price, amount)
            ]
            best = (share, found_now)
    return best[1]


def _share_that_multiplies(columns: Sequence[Sequence[str]]) -> Decimal:
    held = judged = 0
    for cells in zip(*columns, strict=True):
        numbers = [number_of(cell, POINT) for cell in cells]
        quantity, price, amount = numbers
        if quantity is None or price is None or amount is None:
            continue
        judged += 1
        held += abs(quantity * price - amount) <= max(abs(amount) * AMOUNT_TOLERANCE, AMOUNT_TOLERANCE)
    return Decimal(held) / Decimal(judged) if judged else Decimal(0)


def _fill_ids(table: TableSpec, columns: Mapping[str, Sequence[str]], taken: dict[str, Match]) -> None:
    """A required id without a header takes the first header that is filled and different on every row."""
    measures = {match.header for match in taken.values() if match.column.type != "varchar"}
    unique = next(
        (
            header
            for header, values in columns.items()
            if header not in measures and values and len({*values} - {""}) == len(values)
        ),
        None,
    )
    for column in table.columns:
        is_id = column.name.endswith(("_id", "line_number")) and column.type == "varchar"
        if column.required and is_id and column.name not in taken and unique:
            reason = "filled and different on every row; nothing is named like it"
            fit = fit_of(column, columns[unique])
            taken[column.name] = Match(column, unique, Decimal("0.30"), reason, fit)


def _misfits(proposal: Proposal, columns: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Columns left open although a header is called like them, since its values cannot be read so."""
    free = [header for header, _ in proposal.unmapped]
    taken = {match.column.name for match in proposal.matches if match.confidence >= LEAST}
    for column, header in product(proposal.table.columns, free):
        fit = fit_of(column, columns[header])
        if column.name in taken or not fit.misfits or _name_score(column.name, header)[0] < LEAST:
            continue
        yield (
            f"{column.name}: {header} is called like it, but {fit.misfits:,} of {fit.filled:,} values are no"
            f" {column.type}; declare how it is written, or convert it in the staging model"
        )


def _warnings(proposal: Proposal, columns: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for match in proposal.matches:
        name, header, fit = match.column.name, match.header, match.fit
        empty = proposal.rows - fit.filled
        if match.column.required and empty:
            yield f"{name}: {header} is empty on {empty:,} rows, which will be rejected"
        if fit.misfits:
            yield f"{name}: {fit.misfits:,} values of {header} do not fit and reject their rows"
        if len(fit.dates) > 1:
            yield f"{name}: {header} fits {' and '.join(fit.dates)}; say which, days that differ are rejected"
        if match.column.type.startswith("decimal") and any(
            (number_of(value, fit.number or None) or 0) < 0 for value in columns[header]
        ):
            yield f"{name}: {header} has negative values; returns and credits are sent positive"
        if match.confidence < LEAST:
            yield f"{name}: {header} is only the best there is, confidence {match.confidence}"
    names = {match.column.name for match in proposal.matches}
    if "quantity" in names and not names & {"uom_code", "order_uom_code"}:
        yield "no header holds a unit code: the constant proposed for it must be the unit the quantity counts"
    if "base_factor" in names:
        yield "base_factor comes from the file: the unit of the quantity must be the pack it describes"
