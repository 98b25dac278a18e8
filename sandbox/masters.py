"""The masters of the world: suppliers, items with their packs and prices, facilities and cost centers.

Made once per seed, before any order. The arrays answer the generator's draws by position; the lists hold what
the systems print. A fault may add to units, sourcing, supplier records and late prices, never take
away: masters are written last. `other_terms` are those of one system for a supplier (instance, position).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sandbox import names
from sandbox.certificates import Certificate
from sandbox.clock import Ints
from sandbox.exclusions import Exclusion
from sandbox.tax_forms import TaxForm

EA, BX, CS = 0, 1, 2
UNITS = ("EA", "BX", "CS")
UNITS_VALID_FROM = date(2020, 1, 1)


@dataclass(frozen=True)
class UnitRow:
    """One conversion of one system: base units in one `unit`, valid from and to (half-open)."""

    item: int
    unit: int
    factor: int
    valid_from: date = UNITS_VALID_FROM
    valid_to: date | None = None


@dataclass(frozen=True)
class Sourcing:
    """An item as one supplier sells it; packaging such as `10/BX 4BX/CS`."""

    item: int
    supplier: int
    part_number: str
    packaging: str


@dataclass(frozen=True)
class Item:
    """What the item masters print."""

    number: str
    name: str
    manufacturer: str
    manufacturer_part: str
    gtin: str
    family: names.Family | None

    @property
    def spend_type(self) -> str:
        """SERVICE where no family of goods stands behind the item."""
        return self.family.spend_type if self.family else "SERVICE"

    @property
    def account(self) -> str:
        """Natural account the item is bought on."""
        return self.family.account if self.family else "620100"


@dataclass(frozen=True)
class Supplier:
    """What the supplier masters print."""

    number: str
    name: str
    tax_id: str | None
    duns: str | None
    npi: str | None
    lei: str | None
    terms: int
    street: str
    city: tuple[str, str, str]
    postal_code: str
    lead_days: int
    remit_to: str
    phone: str | None
    email: str | None


@dataclass(frozen=True)
class ExtraSupplier:
    """A record that only `instance` holds, of the supplier `of` or of one that only extra records have.

    Where `is_used`, the paperwork of that supplier names it at times. `way` says how it was written twice or
    what makes it look like another.
    """

    instance: str
    native_id: str
    row: Supplier
    of: int | None = None
    is_used: bool = False
    way: str = ""
    since: int | None = None


@dataclass(frozen=True)
class BankAccount:
    """An account of a supplier in the cloud ERP, valid from and to (half-open)."""

    place: int
    routing: str
    account: str
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True)
class CostCenter:
    """A cost center of a facility."""

    code: str
    name: str
    place: int
    service_line: str


@dataclass(frozen=True)
class Masters:
    """All masters; `factor` and `price` are by item and unit, 0 where the item has no such pack.

    `exclusion_ages` are the days of a publisher's newest list, where that is not the usual one. The contract
    prices of `ended_prices` (items) ended with the year and were not renewed; those of `moved_prices` are
    agreed with another supplier than the one they are bought from.
    """

    suppliers: tuple[Supplier, ...]
    items: tuple[Item, ...]
    cost_centers: tuple[CostCenter, ...]
    supplier_weight: NDArray[np.float64]
    catalogue_start: Ints
    catalogue_count: Ints
    factor: Ints
    price: Ints
    renewed_price: Ints
    is_service: NDArray[np.bool_]
    cost_center_start: Ints
    cost_center_count: Ints
    reserved: tuple[int, ...]
    sourcing: list[Sourcing]
    erp_units: dict[int, list[UnitRow]] = field(default_factory=dict)
    inventory_units: dict[int, list[UnitRow]] = field(default_factory=dict)
    extra_suppliers: list[ExtraSupplier] = field(default_factory=list)
    erp_banks: dict[int, list[BankAccount]] = field(default_factory=dict)
    late_prices: dict[int, int] = field(default_factory=dict)
    ended_prices: set[int] = field(default_factory=set)
    moved_prices: dict[int, int] = field(default_factory=dict)
    exclusions: list[Exclusion] = field(default_factory=list)
    exclusion_ages: dict[str, int] = field(default_factory=dict)
    other_terms: dict[tuple[str, int], int] = field(default_factory=dict)
    certificates: list[Certificate] = field(default_factory=list)
    tax_forms: list[TaxForm] = field(default_factory=list)

    def units_of(self, item: int) -> list[UnitRow]:
        """The conversions every system agrees on unless a fault says otherwise."""
        return [UnitRow(item, unit, int(f)) for unit, f in enumerate(self.factor[item]) if f]

    def extras_of(self, instance: str) -> list[ExtraSupplier]:
        """The records one system holds beyond the common ones."""
        return [extra for extra in self.extra_suppliers if extra.instance == instance]

    def terms_of(self, instance: str) -> list[str]:
        """The terms that one system prints for each of its supplier records."""
        rows = self.supplier_rows(instance)
        return [names.TERMS[self.other_terms.get((instance, n), row.terms)][0] for n, row in enumerate(rows)]

    def supplier_rows(self, instance: str) -> list[Supplier]:
        """What one system prints of its supplier records, the common ones first."""
        return [*self.suppliers, *(extra.row for extra in self.extras_of(instance))]

    def record_of(self, instance: str, supplier: Ints, order_ids: Ints) -> Ints:
        """The record one system uses on orders: the extra one, where it holds one, on every third order."""
        extra_of = np.full(len(self.suppliers), -1)
        for place, extra in enumerate(self.extras_of(instance), len(self.suppliers)):
            if extra.of is not None and extra.is_used:
                extra_of[extra.of] = place
        extra_record = extra_of[supplier]
        return np.where((extra_record >= 0) & (order_ids % 3 == 0), extra_record, supplier)


def packaging(factors: Ints) -> str:
    """The packaging string of a supplier that packs like the item master."""
    each_box, each_case = int(factors[BX]), int(factors[CS])
    if not each_box:
        return ""
    return f"{each_box}/BX" + (f" {each_case // each_box}BX/CS" if each_case else "")


def postal_code(city: tuple[str, str, str], number: int) -> str:
    """One of the city's ninety codes."""
    return f"{city[2]}{number % 90 + 10}"


def domain(name: str) -> str:
    """A mail domain that nobody can have."""
    return f"{name.split(',')[0].lower().replace(' ', '-')}.example"


def part_number(supplier: int, item: int) -> str:
    """The supplier's own part number of an item."""
    return f"{supplier:03d}-{item * 17 % 9973:04d}-{item:04d}"
