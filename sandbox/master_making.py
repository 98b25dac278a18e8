"""How the masters of a world are made: suppliers, items with packs and prices, sellers, cost centers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sandbox import identifiers, names
from sandbox.certificates import certificates
from sandbox.clock import LAST_DAY, Ints
from sandbox.columns import MICRO
from sandbox.masters import (
    EA,
    CostCenter,
    ExtraSupplier,
    Item,
    Masters,
    Sourcing,
    Supplier,
    domain,
    packaging,
    part_number,
    postal_code,
)
from sandbox.tax_forms import tax_form

SERVICE_SHARE = 0.03


@dataclass(frozen=True)
class Extent:
    """How many suppliers, items in their catalogues and items for faults of units; who has what of them.

    One supplier in `per_certificate` has a diversity certificate, one in `per_report` is reported.
    """

    suppliers: int = 250
    items: int = 1_450
    reserved: int = 50
    per_certificate: int = 6
    per_report: int = 12


USUAL = Extent()


def extent_for(least: int) -> Extent:
    """Enough for each fault of the masters so often, among suppliers that have no other one; usual for 1."""
    if least == 1:
        return USUAL
    suppliers = max(10 * least, 250)
    return Extent(suppliers, suppliers + 1_200, max(least, 50), per_certificate=3, per_report=3)


def _serial(number: int) -> int:
    """What the identifiers of a supplier are made from; faults and new suppliers have those in between."""
    return number if number < 250 else 10_000 + number


def _suppliers(count: int, rng: np.random.Generator) -> tuple[Supplier, ...]:
    firsts = names.SUPPLIER_FIRST if count <= 250 else (*names.SUPPLIER_FIRST, *names.MORE_FIRST)
    combinations = [f"{first} {second}" for first in firsts for second in names.SUPPLIER_SECOND]
    rows = []
    for number, pick in enumerate(rng.permutation(len(combinations))[:count]):
        city = names.CITIES[int(rng.integers(len(names.CITIES)))]
        street = names.STREETS[int(rng.integers(len(names.STREETS)))]
        name = f"{combinations[pick]}, {names.SUPPLIER_SUFFIX[int(rng.integers(5))]}"
        rows.append(
            Supplier(
                number=f"{100_200 + number * 7}",
                name=name,
                tax_id=identifiers.ein(_serial(number) + 1),
                duns=identifiers.duns(_serial(number) + 1),
                npi=identifiers.npi(31_000_000 + number * 97) if rng.random() < 0.25 else None,
                lei=identifiers.lei(70_000 + number * 31) if rng.random() < 0.3 else None,
                terms=int(rng.integers(len(names.TERMS))),
                street=f"{int(rng.integers(10, 9900))} {street}",
                city=city,
                postal_code=postal_code(city, number),
                lead_days=int(rng.integers(2, 13)),
                remit_to=f"PO Box {1_000 + number * 17}",
                phone=None if number % 6 == 5 else identifiers.phone(_serial(number)),
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


def build_masters(seed: int, extent: Extent = USUAL) -> Masters:
    """All masters of a seed."""
    rng = np.random.Generator(np.random.PCG64([seed, 1]))
    suppliers = _suppliers(extent.suppliers, rng)
    count = len(suppliers)
    weight: NDArray[np.float64] = rng.permutation(1.0 / (np.arange(count) + 6.0))
    weight = weight / weight.sum()
    owner = np.sort(np.concatenate([np.arange(count), rng.choice(count, extent.items - count, p=weight)]))
    items: list[Item] = []
    factors: list[list[int]] = []
    prices: list[list[int]] = []
    for number in range(extent.items + extent.reserved):
        reserved = number >= extent.items
        serial = int(rng.integers(1_000))
        # Reserved items are cardiology packs, so that unit faults have boxes to work with.
        pick = (number - extent.items) % 2 if reserved else int(rng.integers(len(names.FAMILIES)))
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
        catalogue_start=np.searchsorted(owner, np.arange(count)).astype(np.int64),
        catalogue_count=np.bincount(owner, minlength=count).astype(np.int64),
        factor=factor_table,
        price=price_table,
        renewed_price=renewed,
        is_service=np.array([item.family is None for item in items]),
        cost_center_start=starts,
        cost_center_count=counts,
        reserved=tuple(range(extent.items, extent.items + extent.reserved)),
        sourcing=sourcing,
        extra_suppliers=_newly_onboarded(),
        certificates=certificates(count, extent.per_certificate),
        tax_forms=[tax_form(number, row.name, extent.per_report) for number, row in enumerate(suppliers)],
    )


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
