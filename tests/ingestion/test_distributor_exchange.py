"""The simulated exchange of two distributors over SFTP to raw: what was sent arrives, chaos or not."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingestion.reports import LandReport, LoadReport
from sandbox.generate import generate
from sandbox.servers.file_chaos import DropFolder, FileChaos
from tests.ingestion.conftest import Harness
from tests.ingestion.wires import sftp_connection, sftp_serving


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = tmp_path_factory.mktemp("world")
    generate(35, 3_000, "none", out_dir=world)
    return world / "distributor" / "outbound"


class Exchange:
    """The exchange's folder, its chaos and a landscape that reads it."""

    def __init__(self, root: Path, harness: Callable[..., Harness], port: int) -> None:
        self.folder = root / "outbound"
        self.chaos = FileChaos(DropFolder(self.folder, "855_*.x12", {}, marker=""), root / "aside")
        connection = sftp_connection(port)
        self.harness = harness(f"  exchange:\n    system: distributor\n    connection: {connection}\n")

    def refresh(self) -> tuple[LandReport, LoadReport]:
        landed, loaded = self.harness.refresh()
        return landed["exchange"], loaded["distributor"]

    def sent(self) -> Counter[str]:
        """Transaction sets by kind, counted on the text alone."""
        found: Counter[str] = Counter()
        for path in self.folder.glob("*.x12"):
            text = path.read_text()
            found[path.name[:3]] += sum(
                1 for segment in text.split(text[105]) if segment.strip().startswith(f"ST{text[3]}")
            )
        return found

    def loaded(self) -> Counter[str]:
        counts = (
            "select set_code, count(*) from raw_distributor.transaction_set where _version = 1 group by 1"
        )
        return Counter(dict(self.harness.query(counts)))


@pytest.fixture
def exchange(documents: Path, tmp_path: Path, harness: Callable[..., Harness]) -> Iterator[Exchange]:
    root = tmp_path / "server"
    shutil.copytree(documents, root / "outbound")
    with sftp_serving(root) as port:
        yield Exchange(root, harness, port)


def test_every_document_arrives_and_the_amounts_tie(exchange: Exchange) -> None:
    landed, loaded = exchange.refresh()
    assert landed.is_complete and sum(load.rejected_rows for load in loaded.loads) == 0
    sent = exchange.sent()
    assert set(sent) == {"810", "832", "850", "855", "856", "997"} and sent["855"] == sent["850"] > 1
    assert exchange.loaded() == sent
    partners = "select count(distinct sender) from raw_distributor.acknowledgement_line"
    assert exchange.harness.query(partners) == [(2,)]
    ((totals,),) = exchange.harness.query("select sum(total_cents) from raw_distributor.invoice")
    # Cents of whole quantities and prices in millionths, rounded half-up line by line.
    cents = "(quantity::hugeint * (unit_price * 1000000)::hugeint + 5000) // 10000"
    ((lines,),) = exchange.harness.query(
        f"select sum(case when charge_code is null then {cents} else charge_cents end)"
        " from raw_distributor.invoice_line"
    )
    assert totals == lines > 0
    unanswered = exchange.harness.query(
        "select count(*) from (select distinct receiver, group_number, set_number"
        " from raw_distributor.purchase_order_line) as orders"
        " left join raw_distributor.functional_acknowledgement as answers"
        " on orders.receiver = answers.sender and orders.group_number = answers.acknowledged_group"
        " and orders.set_number = answers.acknowledged_set"
        " where answers.set_status is distinct from 'A'"
    )
    assert unanswered == [(0,)]


def test_misbehavior_loses_nothing_and_doubles_nothing(exchange: Exchange) -> None:
    sent = exchange.sent()
    exchange.chaos.spoil({"truncate_files": 1, "match": "856_distribone_*.x12"})
    exchange.chaos.spoil({"wrong_count": 1, "match": "810_distribtwo_*.x12"})
    exchange.chaos.spoil({"repeat_files": 2, "match": "855_*.x12"})
    landed, _ = exchange.refresh()
    (refused,) = landed.refusals
    assert refused.file.startswith("856_distribone_") and "no IEA follows" in refused.reason
    (rejected,) = exchange.harness.query("select _file_name, reason from raw_distributor.rejected_row")
    assert rejected[0].startswith("810_distribtwo_") and "SE01 promises" in rejected[1]
    assert exchange.loaded()["855"] == sent["855"] and exchange.loaded()["810"] == sent["810"] - 1

    exchange.chaos.reset()
    landed, _ = exchange.refresh()
    assert landed.is_complete and exchange.loaded() == sent


def test_sets_in_another_order_are_the_same_sets(exchange: Exchange) -> None:
    names = exchange.chaos.spoil({"reorder_files": 1, "match": "850_*.x12"})
    text = (exchange.folder / names[0]).read_text()
    numbers = [
        part.split(text[3])[2] for part in text.split(text[105]) if part.strip().startswith(f"ST{text[3]}")
    ]
    assert numbers == sorted(numbers, reverse=True)
    exchange.refresh()
    before = exchange.harness.raw("raw_distributor.purchase_order_line")
    exchange.chaos.reset()
    landed, loaded = exchange.refresh()
    assert landed.is_complete and loaded.new_version_rows == 0
    assert exchange.harness.raw("raw_distributor.purchase_order_line") == before
