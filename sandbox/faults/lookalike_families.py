"""Suppliers that look like another one and are not: a function per family, from the one they look like.

Each returns the records of one new supplier or two. What is not given here is the new supplier's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sandbox import identifiers, names
from sandbox.faults.duplicate_ways import moved, name_parts, other_name
from sandbox.masters import Supplier, domain, postal_code

PLACEHOLDER = "12-3456789"


@dataclass(frozen=True)
class Family:
    """`code` of the family, and the finding that a rule makes of it, None where nothing is to be said."""

    code: str
    make: Callable[[Supplier, int], list[Supplier]]
    finding: str | None = None


def _own(original: Supplier, number: int, name: str, *, which: int = 0) -> Supplier:
    """Another supplier at another place, with identifiers, telephone and mail of its own."""
    serial = 1_000 + number * 2 + which
    return replace(
        moved(original, (number + which) % 4),
        number=f"{940_001 + number * 2 + which}",
        name=name,
        tax_id=identifiers.ein(serial),
        duns=identifiers.duns(serial),
        npi=None,
        lei=None,
        phone=identifiers.phone(serial),
        email=f"office@{domain(name)}",
    )


def _at(row: Supplier, place: Supplier) -> Supplier:
    return replace(row, street=place.street, city=place.city, postal_code=place.postal_code)


def _subsidiary(original: Supplier, number: int) -> list[Supplier]:
    """Its own tax id, at the parent's address, telephone and mail."""
    first, second, suffix = name_parts(original)
    branch = names.BRANCHES[number % len(names.BRANCHES)]
    row = _at(_own(original, number, f"{first} {second} {branch}, {suffix}"), original)
    return [replace(row, phone=original.phone, email=original.email, remit_to=original.remit_to)]


def _franchise(original: Supplier, number: int) -> list[Supplier]:
    """Two units of one brand with one national telephone and domain."""
    brand = f"{name_parts(original)[0]} Courier"
    units = []
    for which in range(2):
        city = names.CITIES[(number + which * 2) % len(names.CITIES)]
        row = _own(original, number, f"{brand} of {city[0]}, LLC", which=which)
        row = replace(row, city=city, postal_code=postal_code(city, number + which))
        units.append(replace(row, phone=identifiers.phone(1_000 + number * 2), email=f"ar@{domain(brand)}"))
    return units


def _namesake(original: Supplier, number: int) -> list[Supplier]:
    """The same name in another state; half of them without a tax id."""
    row = replace(_own(original, number, original.name), email=None)
    return [replace(row, tax_id=None) if number % 16 >= 8 else row]


def _persons(original: Supplier, number: int) -> list[Supplier]:
    """Two persons of one name, one of them without a tax id."""
    name = names.PERSONS[number // 8 % len(names.PERSONS)]
    rows = [_own(original, number, name, which=which) for which in range(2)]
    return [
        replace(row, tax_id=None if which else row.tax_id, duns=None, email=None)
        for which, row in enumerate(rows)
    ]


def _placeholder(original: Supplier, number: int) -> list[Supplier]:
    """The clerk typed the number of the form's example."""
    name = f"{name_parts(original)[0]} Temporary Services, {original.name.rsplit(', ', 1)[1]}"
    return [replace(_own(original, number, name), tax_id=PLACEHOLDER)]


def _shared_bank(original: Supplier, number: int) -> list[Supplier]:
    """Both are paid through one factoring bank, at its box."""
    row = _own(original, number, f"{other_name(original, number)}, Inc.")
    return [replace(row, remit_to=original.remit_to)]


def _shared_building(original: Supplier, number: int) -> list[Supplier]:
    """The same house, half of them with the switchboard's number, a third without a tax id."""
    row = _at(_own(original, number, f"{other_name(original, number)}, LLC"), original)
    row = replace(row, phone=original.phone) if number % 16 >= 8 else row
    return [replace(row, tax_id=None) if number // 8 % 3 == 1 else row]


def _shared_tax_id(original: Supplier, number: int) -> list[Supplier]:
    """A subsidiary elsewhere that files under its parent's number."""
    name = f"{name_parts(original)[0]} Specialty Distribution, {original.name.rsplit(', ', 1)[1]}"
    return [replace(_own(original, number, name), tax_id=original.tax_id)]


FAMILIES = (
    Family("SHARED_TAX_ID", _shared_tax_id, "TIN_SHARED"),
    Family("NAMESAKE", _namesake),
    Family("PLACEHOLDER", _placeholder, "TIN_PLACEHOLDER"),
    Family("SUBSIDIARY", _subsidiary),
    Family("FRANCHISE", _franchise),
    Family("PERSON", _persons),
    Family("SHARED_BANK", _shared_bank, "BANK_SHARED"),
    Family("SHARED_BUILDING", _shared_building),
)
