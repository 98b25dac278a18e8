"""Published medical devices enter as items and packages by a landscape alone; packs nest."""

import shutil
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow.parquet
import pytest

from ingestion import pipelines
from ingestion.settings import load_settings
from tests.dbt_runs import build
from tests.ingestion.conftest import Harness

DATA = Path(__file__).parents[3] / "shared" / "data" / "gudid_devices"
DEVICES, NUMBERS, PACKAGES, PACKED_ITEMS, NESTED = 28_425, 32_835, 3_086, 2_833, 222

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the published devices are not in {DATA}"),
]

ENTRY = """\
  devices:
    system: feed
    connection: {folder: in}
    columns:
      item:
        item_id: {headers: [primary_di]}
        gtin: {headers: [primary_di]}
        description: {headers: [brandName]}
        manufacturer_name: {headers: [companyName]}
        manufacturer_part_number: {headers: [catalogNumber]}
        base_uom_code: {value: EA}
      item_package:
        item_id: {headers: [primary_di]}
        gtin: {headers: [deviceId]}
        identifier_type: {headers: [deviceIdType]}
        contained_gtin: {headers: [containsDINumber]}
        contained_quantity: {headers: [pkgQuantity]}
"""
Row = dict[str, Any]


class Served(NamedTuple):
    """(item, number, status, level, factor, verdict, is shared) by number, and (item, status) by item."""

    packages: list[tuple[Any, ...]]
    items: list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    folder = tmp_path_factory.mktemp("gudid")
    into = folder / "landscape" / "in"
    into.mkdir(parents=True)
    shutil.copy(DATA / "device.parquet", into / "item.parquet")
    shutil.copy(DATA / "identifier.parquet", into / "item_package.parquet")
    made = Harness(folder, ENTRY, {})
    landed, loaded = made.refresh()
    assert landed["devices"].is_complete
    assert (loaded["feed"].new_version_rows, loaded["feed"].rejected_rows) == (DEVICES + NUMBERS, 0)
    pipelines.load_landscape(made.run())
    made.close()
    settings = load_settings({}, home=made.home, landscape_dir=folder / "landscape")
    packages = build(
        settings,
        "+rec_item_vs_package",
        "select item_id, gtin, package_status, package_level, factor, gtin_verdict, is_shared"
        " from conformed.dim_item_package",
    )
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        sql = "select item_id, packaging_status from controls.rec_item_vs_package"
        return Served(packages, connection.execute(sql).fetchall())


def published() -> list[Row]:
    return pyarrow.parquet.read_table(DATA / "identifier.parquet").to_pylist()


def test_every_package_holds_what_its_levels_multiply_to(served: Served) -> None:
    """Followed by hand from the published rows: a package holds its quantity times what it contains."""
    holds = {
        (row["primary_di"], row["deviceId"]): (row["containsDINumber"], int(row["pkgQuantity"]))
        for row in published()
        if row["deviceIdType"] == "Package"
    }

    def followed(item: str, number: str) -> tuple[int, int]:
        level, units = 0, 1
        while number != item:
            number, quantity = holds[item, number]
            level, units = level + 1, units * quantity
        return level, units

    found = {(row[0], row[1]): (row[3], row[4]) for row in served.packages if row[2] == "RESOLVED"}
    assert (
        found == {key: (followed(*key)[0], Decimal(followed(*key)[1])) for key in holds}
        and len(found) == PACKAGES
    )
    assert Counter(level for level, _ in found.values()) == {1: PACKAGES - NESTED, 2: NESTED}


def test_other_numbers_of_an_item_hold_nothing(served: Served) -> None:
    types: dict[tuple[str, str], set[str]] = {}
    for row in published():
        types.setdefault((row["primary_di"], row["deviceId"]), set()).add(row["deviceIdType"])
    other = {key for key, kinds in types.items() if not kinds & {"Primary", "Package"}}
    assert {(row[0], row[1]) for row in served.packages if row[2] == "OTHER_NUMBER"} == other
    assert Counter(row[2] for row in served.packages) == {
        "BASE": DEVICES,
        "RESOLVED": PACKAGES,
        "OTHER_NUMBER": len(other),
    }


def test_every_check_digit_is_judged(served: Served) -> None:
    """By hand: from the right, digits count once and three times in turn, and add up to a multiple of ten."""

    def verdict(number: str) -> str:
        if not number.isdigit() or len(number) not in (8, 12, 13, 14):
            return "NO_GTIN"
        digits = [int(digit) for digit in reversed(number)]
        total = sum(digit * (3 if at % 2 else 1) for at, digit in enumerate(digits))
        return "CHECK_DIGIT" if total % 10 else "VALID"

    rows = published()
    found = {row[1]: row[5] for row in served.packages}
    assert found == {row["deviceId"]: verdict(row["deviceId"]) for row in rows}
    gs1 = {row["deviceId"] for row in rows if row["deviceIdIssuingAgency"] == "GS1"}
    assert Counter(found[number] for number in gs1) == {"VALID": len(gs1) - 4, "CHECK_DIGIT": 4}


def test_a_number_of_two_items_is_told(served: Served) -> None:
    assert {row[1] for row in served.packages if row[6] and row[2] == "RESOLVED"} == {"30801902096211"}


def test_items_without_packages_are_reported_and_nothing_is_made_up_for_them(served: Served) -> None:
    rows = published()
    packed = {row["primary_di"] for row in rows if row["deviceIdType"] == "Package"}
    alone = {row["primary_di"] for row in rows} - packed
    assert (len(alone), len(packed)) == (DEVICES - PACKED_ITEMS, PACKED_ITEMS)
    assert dict(served.items) == dict.fromkeys(alone, "NO_PACKAGE_LEVEL") | dict.fromkeys(packed, "RESOLVED")
    told = {(row[1] == row[0], row[3], row[4]) for row in served.packages if row[0] in alone}
    assert told == {(True, 0, Decimal(1)), (False, None, None)}
