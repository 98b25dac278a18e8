"""The delivery history of a public supply chain enters as `concord map` proposes, and its packs add up."""

import json
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.ingestion.conftest import Harness
from tests.ingestion.test_mapping import proposed

DATA = Path(__file__).parents[3] / "shared" / "data" / "usaid_scms_delivery_history"
SAMPLE = "SCMS_Delivery_History_Dataset.csv.gz"
LINES, TOTAL = 10_324, Decimal("1627584457.29")
HALF_A_CENT = Decimal("0.005")

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the delivery history is not in {DATA}"),
]


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    folder = tmp_path_factory.mktemp("scms")
    shutil.copy(DATA / SAMPLE, folder / SAMPLE)
    entry, report = proposed(folder / SAMPLE, "purchase_order_line", "scms")
    assert "Line Item Quantity x Pack Price = Line Item Value within 1% on 100.0% of the rows" in report
    made = Harness(folder, entry, {})
    into = folder / "landscape" / "in" / "scms"
    into.mkdir(parents=True)
    shutil.copy(DATA / SAMPLE, into / "purchase_order_line.csv.gz")
    landed, loaded = made.refresh()
    assert landed["scms"].is_complete
    assert (loaded["feed"].new_version_rows, loaded["feed"].rejected_rows) == (LINES, 0)
    yield made
    made.close()


def test_pack_arithmetic_holds_on_every_line(history: Harness) -> None:
    """The published price of a unit is rounded to cents: a pack may be off by half a cent for each unit."""
    rows = history.query(
        "select quantity, unit_price, line_amount, base_factor, _extension from raw_feed.purchase_order_line"
    )
    assert len(rows) == LINES and sum(row[2] for row in rows) == TOTAL
    for packs, pack_price, amount, units, extension in rows:
        assert abs(packs * pack_price - amount) <= max(amount / 100, Decimal("0.01"))
        unit_price = Decimal(json.loads(extension)["Unit Price"])
        assert abs(unit_price * units - pack_price) <= HALF_A_CENT * (units + 1)
    assert len({row[3] for row in rows}) == 31
