"""The ways in which one supplier gets written down a second time, each as a function of its usual record.

A way returns what the second record says. Where it keeps the tax id and the name, or DUNS and the name, a
rule finds it (domain_rules 3.7); the others are for matching to find. `variant` (0 to 3) chooses a dress.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sandbox import names
from sandbox.masters import Supplier, postal_code

_SUFFIXES = {"Inc.": "Incorporated", "LLC": "L.L.C.", "Corp.": "Corporation", "Co.": "Company", "LP": "L.P."}


@dataclass(frozen=True)
class Way:
    """`cause` is that of the rule that finds it, None where no rule does."""

    code: str
    write: Callable[[Supplier, int], Supplier]
    cause: str | None = None


def name_parts(row: Supplier) -> tuple[str, str, str]:
    """Whose name, what trade, which legal form: `Fox River`, `Surgical`, `Inc.`."""
    stem, suffix = row.name.rsplit(", ", 1)
    trade = next(trade for trade in names.SUPPLIER_SECOND if stem.endswith(f" {trade}"))
    return stem.removesuffix(f" {trade}"), trade, suffix


def moved(row: Supplier, variant: int) -> Supplier:
    """The same at a new address in another town."""
    city = next(city for city in names.CITIES[variant:] + names.CITIES if city[1] != row.city[1])
    house, street = row.street.split(" ", 1)
    streets = [name for name in names.STREETS if name != street]
    return replace(
        row,
        street=f"{int(house) * 7 % 9_000 + 11 + variant} {streets[(len(row.name) + variant) % len(streets)]}",
        city=city,
        postal_code=postal_code(city, len(row.name) + variant),
        remit_to=f"PO Box {40 + variant}{row.remit_to[-3:]}",
    )


def _legal_form(row: Supplier, variant: int) -> Supplier:
    words, suffix = row.name.rsplit(", ", 1)
    dresses = (
        f"{words.upper()} {suffix.upper()}",
        f"{words}, {_SUFFIXES[suffix]}",
        f"{words} {suffix}",
        words,
    )
    return replace(row, name=dresses[variant])


def _formatted_tax_id(row: Supplier, variant: int) -> Supplier:
    digits = (row.tax_id or "").replace("-", "")
    forms = (digits, f"{digits[:2]} {digits[2:]}", f"US{digits}", f"{digits[:3]}-{digits[3:5]}-{digits[5:]}")
    return replace(row, tax_id=forms[variant])


def _abbreviated(row: Supplier, variant: int) -> Supplier:
    first, second, suffix = name_parts(row)
    words = [names.CLERK_WORDS.get(word, word) for word in second.split()]
    phone = row.phone if variant % 2 else None
    return replace(row, name=f"{first} {' '.join(words)} {suffix}".upper(), tax_id=None, phone=phone)


def _mistyped_name(row: Supplier, variant: int) -> Supplier:
    at = 2 + variant % 2
    name, pair = row.name, row.name[at : at + 2]
    swapped = pair[::-1] if pair[0] != pair[1] else pair[0]
    slips = (
        name[:at] + swapped + name[at + 2 :],
        name[:at] + name[at + 1 :],
        name[:at] + pair[0] + name[at:],
    )
    row = replace(row, name=slips[variant % 3], tax_id=None)
    # A quarter of them also gives a new address.
    return moved(row, variant) if variant == 3 else row


def _by_duns(row: Supplier, variant: int) -> Supplier:
    return replace(_legal_form(row, variant), tax_id=None)


def _transposed_words(row: Supplier, variant: int) -> Supplier:
    first, second, suffix = name_parts(row)
    dresses = (f"{second} {first} {suffix}", f"{second} {first}, {suffix}")
    return replace(row, name=dresses[variant % 2], tax_id=None)


def other_name(row: Supplier, variant: int) -> str:
    """A name that nobody else has, in the same trade."""
    first, trade, _ = name_parts(row)
    if first in names.SUPPLIER_FIRST:
        house = names.OTHER_HOUSES[(len(row.name) * 3 + len(row.street) + variant) % len(names.OTHER_HOUSES)]
    else:
        # Only the number of its box tells one of many suppliers from the others.
        house = names.MORE_HOUSES[int(row.remit_to.removeprefix("PO Box ")) % len(names.MORE_HOUSES)]
    return f"{house} {trade}"


def _doing_business_as(row: Supplier, variant: int) -> Supplier:
    trade = other_name(row, variant)
    dresses = (f"{row.name} DBA {trade}", trade, f"{row.name} d/b/a {trade}", trade.upper())
    return replace(row, name=dresses[variant])


def _site_suffix(row: Supplier, variant: int) -> Supplier:
    row = moved(row, variant)
    site = (row.city[0], "West", "Plant 2", row.city[0].upper())[variant]
    return replace(row, name=f"{row.name} - {site}")


def _missing_tax_id(row: Supplier, variant: int) -> Supplier:
    row = replace(_legal_form(row, variant), tax_id=None)
    return moved(row, variant) if variant == 3 else row


def _mistyped_tax_id(row: Supplier, variant: int) -> Supplier:
    number, at = row.tax_id or "", 4 + variant
    slip = number[at + 1] + number[at]
    if slip[0] == slip[1]:
        slip = number[at] + str((int(number[at + 1]) + 3) % 10)
    return replace(row, tax_id=number[:at] + slip + number[at + 2 :])


def _remit_to(row: Supplier, variant: int) -> Supplier:
    marks = (" (REMIT TO)", " - Remit To", " Attn Accounts Receivable", "")
    return replace(row, name=row.name + marks[variant], street=row.remit_to, tax_id=None)


def _merged_names(row: Supplier, variant: int) -> Supplier:
    first, second, suffix = name_parts(row)
    other = other_name(row, variant)
    dresses = (f"{other} / {first} {second}", f"{other.rsplit(' ', 1)[0]} {first} {second}, {suffix}")
    return replace(row, name=dresses[variant % 2])


def _former_name(row: Supplier, variant: int) -> Supplier:
    former = other_name(row, variant)
    dresses = (f"{former}, Inc.", f"{row.name} f/k/a {former}", f"{former} (now {row.name})", former.upper())
    return replace(row, name=dresses[variant])


WAYS = (
    Way("LEGAL_FORM", _legal_form, "S1"),
    Way("FORMATTED_TAX_ID", _formatted_tax_id, "S1"),
    Way("ABBREVIATED", _abbreviated),
    Way("MOVED", moved, "S1"),
    Way("MISTYPED_NAME", _mistyped_name),
    Way("DUNS", _by_duns, "S1D"),
    Way("TRANSPOSED_WORDS", _transposed_words),
    Way("DBA", _doing_business_as),
    Way("SITE_SUFFIX", _site_suffix),
    Way("MISSING_TAX_ID", _missing_tax_id),
    Way("MISTYPED_TAX_ID", _mistyped_tax_id),
    Way("REMIT_TO", _remit_to),
    Way("MERGED_NAMES", _merged_names),
    Way("FORMER_NAME", _former_name),
)
