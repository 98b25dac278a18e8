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

from sandbox import identifiers, names
from sandbox.certificates import Certificate, certificates
from sandbox.clock import LAST_DAY, Ints
from sandbox.columns import MICRO
from sandbox.exclusions import Exclusion
from sandbox.tax_forms import TaxForm, tax_form

EA, BX, CS = 0, 1, 2
UNITS = ("EA", "BX", "CS")
SUPPLIERS = 250
ITEMS = 1_450
RESERVED_ITEMS = 50
SERVICE_SHARE = 0.03
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

    `exclusion_ages` are the days of a publisher's newest list, where that is not the usual one.
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


def _suppliers(rng: np.random.Generator) -> tuple[Supplier, ...]:
    combinations = [f"{first} {second}" for first in names.SUPPLIER_FIRST for second in names.SUPPLIER_SECOND]
    rows = []
    for number, pick in enumerate(rng.permutation(len(combinations))[:SUPPLIERS]):
        city = names.CITIES[int(rng.integers(len(names.CITIES)))]
        street = names.STREETS[int(rng.integers(len(names.STREETS)))]
        name = f"{combinations[pick]}, {names.SUPPLIER_SUFFIX[int(rng.integers(5))]}"
        rows.append(
            Supplier(
                number=f"{100_200 + number * 7}",
                name=name,
                tax_id=identifiers.ein(number + 1),
                duns=identifiers.duns(number + 1),
                npi=identifiers.npi(31_000_000 + number * 97) if rng.random() < 0.25 else None,
                lei=identifiers.lei(70_000 + number * 31) if rng.random() < 0.3 else None,
                terms=int(rng.integers(len(names.TERMS))),
                street=f"{int(rng.integers(10, 9900))} {street}",
                city=city,
                postal_code=postal_code(city, number),
                lead_days=int(rng.integers(2, 13)),
                remit_to=f"PO Box {1_000 + number * 17}",
                phone=None if number % 6 == 5 else identifiers.phone(number),
                email=None if number % 4 == 3 else f"ar@{domain(name)}",
            )
        )
    return tuple(rows)


def _newly_onboarded() -> list[ExtraSupplier]:
    """Suppliers that procurement took on in the last days; nobody has ordered from them yet."""
    rows = []
    for number, name in enumerate(names.NEW_SUPPLIERS):
        row = Supplier(
            number=f"{980_001 + number}",
            name=name,
            tax_id=identifiers.ein(700 + number),
            duns=identifiers.duns(700 + number),
            npi=None,
            lei=None,
            terms=number,
            street=f"{120 + number} {names.STREETS[number]}",
            city=names.CITIES[number],
            postal_code=postal_code(names.CITIES[number], 70 + number),
            lead_days=5,
            remit_to=f"PO Box {8_000 + number * 17}",
            phone=identifiers.phone(700 + number),
            email=f"billing@{domain(name)}",
        )
        rows.append(ExtraSupplier("procurement", f"{9_801 + number}", row, since=LAST_DAY - 1 - number))
    return rows


def _cents(value: float) -> float:
    return round(value, 2 if value >= 1 else 4)


def _item(number: int, serial: int, family: names.Family, rng: np.random.Generator) -> Item:
    variant = family.variants[serial % len(family.variants)]
    size = family.sizes[serial // len(family.variants) % len(family.sizes)]
    maker = names.MANUFACTURERS[int(rng.integers(len(names.MANUFACTURERS)))]
    return Item(
        number=f"{400_000 + number * 3}",
        name=f"{family.name}, {variant}, {size}",
        manufacturer=maker,
        manufacturer_part=f"{maker[:2].upper()}-{int(rng.integers(1_000, 9_999))}-{number:04d}",
        gtin=identifiers.gtin(40_000 + number),
        family=family,
    )


def _packs(item: Item, reserved: bool, rng: np.random.Generator) -> tuple[list[int], list[int]]:
    """Factors and prices (millionths) of EA, BX, CS; half of the box prices are no multiple of the each."""
    if item.family is None:
        return [1, 0, 0], [int(rng.integers(45, 900)) * MICRO, 0, 0]
    low, high = item.family.low, item.family.high
    each = round(_cents(float(np.exp(rng.uniform(np.log(low), np.log(high))))) * MICRO)
    boxes = item.family.boxes
    if not boxes:
        return [1, 0, 0], [each, 0, 0]
    box = 10 if reserved else int(boxes[int(rng.integers(len(boxes)))])
    case = box * int(rng.choice((4, 5, 6, 8, 10))) if reserved or rng.random() < 0.7 else 0
    exact = reserved or rng.random() < 0.5
    box_price = each * box if exact else max(round(each * box * 0.973 / 10_000), 1) * 10_000
    case_price = each * case if exact else max(round(box_price * (case / box) * 0.96 / 10_000), 1) * 10_000
    return [1, box, case], [each, box_price, case_price if case else 0]


def build_masters(seed: int) -> Masters:
    """All masters of a seed."""
    rng = np.random.Generator(np.random.PCG64([seed, 1]))
    suppliers = _suppliers(rng)
    weight: NDArray[np.float64] = rng.permutation(1.0 / (np.arange(SUPPLIERS) + 6.0))
    weight = weight / weight.sum()
    owner = np.sort(
        np.concatenate([np.arange(SUPPLIERS), rng.choice(SUPPLIERS, ITEMS - SUPPLIERS, p=weight)])
    )
    items: list[Item] = []
    factors: list[list[int]] = []
    prices: list[list[int]] = []
    for number in range(ITEMS + RESERVED_ITEMS):
        reserved = number >= ITEMS
        serial = int(rng.integers(1_000))
        # Reserved items are cardiology packs, so that unit faults have boxes to work with.
        pick = (number - ITEMS) % 2 if reserved else int(rng.integers(len(names.FAMILIES)))
        item = _item(number, serial, names.FAMILIES[pick], rng)
        if not reserved and rng.random() < SERVICE_SHARE:
            service = names.SERVICES[serial % len(names.SERVICES)]
            item = Item(item.number, service, "", "", "", None)
        factor, price = _packs(item, reserved, rng)
        items.append(item)
        factors.append(factor)
        prices.append(price)
    factor_table = np.array(factors, dtype=np.int64)
    price_table = np.array(prices, dtype=np.int64)
    # A renewal moves the each price by whole cents (or hundredths of one), packs in proportion.
    raise_each = price_table[:, EA] // 10_000 * rng.integers(0, 4, len(items)) // 100 * 10_000
    renewed = price_table + raise_each[:, None] * factor_table * (price_table > 0)
    centers, starts, counts = _cost_centers()
    sourcing = _sourcing(owner, suppliers, items, factor_table, rng)
    return Masters(
        suppliers=suppliers,
        items=tuple(items),
        cost_centers=centers,
        supplier_weight=weight,
        catalogue_start=np.searchsorted(owner, np.arange(SUPPLIERS)).astype(np.int64),
        catalogue_count=np.bincount(owner, minlength=SUPPLIERS).astype(np.int64),
        factor=factor_table,
        price=price_table,
        renewed_price=renewed,
        is_service=np.array([item.family is None for item in items]),
        cost_center_start=starts,
        cost_center_count=counts,
        reserved=tuple(range(ITEMS, ITEMS + RESERVED_ITEMS)),
        sourcing=sourcing,
        extra_suppliers=_newly_onboarded(),
        certificates=certificates(SUPPLIERS),
        tax_forms=[tax_form(number, row.name) for number, row in enumerate(suppliers)],
    )


def part_number(supplier: int, item: int) -> str:
    """The supplier's own part number of an item."""
    return f"{supplier:03d}-{item * 17 % 9973:04d}-{item:04d}"


def _sourcing(
    owner: NDArray[np.int64],
    suppliers: tuple[Supplier, ...],
    items: list[Item],
    factors: Ints,
    rng: np.random.Generator,
) -> list[Sourcing]:
    rows = []
    for item, primary in enumerate(owner.tolist()):
        sources = [primary]
        other = int(rng.integers(len(suppliers)))
        if other != primary and rng.random() < 0.2:
            sources.append(other)
        text = packaging(factors[item]) if rng.random() < 0.6 else ""
        rows += [Sourcing(item, supplier, part_number(supplier, item), text) for supplier in sources]
    return rows


def _cost_centers() -> tuple[tuple[CostCenter, ...], Ints, Ints]:
    rows: list[CostCenter] = []
    starts, counts = [], []
    for number, place in enumerate(names.PLACES):
        departments = names.DEPARTMENTS[place.category]
        starts.append(len(rows))
        counts.append(len(departments))
        for line, unit in departments:
            rows.append(CostCenter(f"{7_000 + len(rows) * 5}", f"{place.name}, {line} {unit}", number, line))
    return tuple(rows), np.array(starts, dtype=np.int64), np.array(counts, dtype=np.int64)
