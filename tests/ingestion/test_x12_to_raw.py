"""EDI over a real SFTP server to raw: repeats bring nothing twice, broken interchanges are refused, bad
sets rejected.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ingestion.conftest import Harness
from tests.ingestion.wires import sftp_connection, sftp_serving
from tests.ingestion.x12_text import ACKNOWLEDGEMENT, PIPE, interchange, transaction


class Exchange:
    """The folder of the exchange and a landscape that reads it."""

    def __init__(self, root: Path, harness: Callable[..., Harness], port: int) -> None:
        self.folder = root / "outbound"
        self.folder.mkdir()
        connection = sftp_connection(port)
        self.harness = harness(f"  exchange:\n    system: distributor\n    connection: {connection}\n")

    def put(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, newline="")

    def sets(self) -> list[tuple[str, ...]]:
        return self.harness.query(
            "select sender, interchange_number, set_number from raw_distributor.transaction_set order by all"
        )


@pytest.fixture
def exchange(tmp_path: Path, harness: Callable[..., Harness]) -> Iterator[Exchange]:
    root = tmp_path / "server"
    root.mkdir()
    with sftp_serving(root) as port:
        yield Exchange(root, harness, port)


def answers(number: int, *, price: str = "480", **how: object) -> str:
    body = [[price if cell == "480" else cell for cell in segment] for segment in ACKNOWLEDGEMENT]
    sets = [transaction("855", f"{at:04}", *body) for at in (1, 2)]
    return interchange(*sets, group="PR", number=number, **how)  # type: ignore[arg-type]


def test_two_partners_load_and_what_is_sent_again_brings_nothing(exchange: Exchange) -> None:
    exchange.put("one_20260601.x12", answers(1))
    exchange.put("two_20260601.edi", answers(1, sender="DISTTWO", marks=PIPE))
    landed, loaded = exchange.harness.refresh()
    assert landed["exchange"].is_complete
    assert [row[0] for row in exchange.sets()] == ["DISTONE"] * 2 + ["DISTTWO"] * 2
    before = exchange.harness.raw("raw_distributor.acknowledgement_line")
    assert len(before) == 12

    exchange.put("one_again.x12", answers(1))
    exchange.put("two_retyped.x12", answers(1, sender="DISTTWO"))
    landed, loaded = exchange.harness.refresh()
    assert landed["exchange"].is_complete and landed["exchange"].batch is not None
    assert loaded["distributor"].new_version_rows == 0
    assert exchange.harness.raw("raw_distributor.acknowledgement_line") == before


def test_one_number_with_other_content_is_refused_with_the_file_it_came_in(exchange: Exchange) -> None:
    exchange.put("first.x12", answers(4))
    exchange.harness.refresh()
    exchange.put("second.x12", answers(4, price="960"))
    landed, loaded = exchange.harness.refresh()
    (refused,) = landed["exchange"].refusals
    assert "DISTONE|LAKESHORE|000000004|4|0001 with other content than first.x12" in refused.reason
    assert "number of its own" in refused.remedy
    assert loaded["distributor"].new_version_rows == 0
    exchange.put("second.x12", answers(5, price="960"))
    landed, _ = exchange.harness.refresh()
    assert landed["exchange"].is_complete and len(exchange.sets()) == 4


def test_a_cut_off_file_is_refused_and_a_wrong_count_rejects_one_set(exchange: Exchange) -> None:
    whole = answers(6)
    exchange.put("cut.x12", whole[: int(len(whole) * 0.7)])
    exchange.put("counted_wrong.x12", answers(7).replace("SE*8*0002", "SE*9*0002"))
    exchange.put("turned_round.x12", answers(3))
    landed, loaded = exchange.harness.refresh()
    (refused,) = landed["exchange"].refusals
    assert refused.file == "cut.x12" and "no IEA follows" in refused.reason
    register = next(load for load in loaded["distributor"].loads if load.table == "transaction_set")
    assert (register.landed_rows, register.new_version_rows, register.rejected_rows) == (4, 3, 1)
    assert exchange.harness.query("select reason from raw_distributor.rejected_row") == [
        ("SE (segment 18): SE01 promises 9 segments, there are 8",)
    ]
    exchange.put("cut.x12", whole)
    landed, _ = exchange.harness.refresh()
    assert landed["exchange"].is_complete and len(exchange.sets()) == 5


def test_text_in_a_quantity_rejects_the_line(exchange: Exchange) -> None:
    exchange.put("one.x12", answers(8).replace("PO1*2*3*CA", "PO1*2*many*CA").replace("CTT*2*13", "CTT*2"))
    _, loaded = exchange.harness.refresh()
    lines = next(load for load in loaded["distributor"].loads if load.table == "acknowledgement_line")
    assert (lines.landed_rows, lines.new_version_rows, lines.rejected_rows) == (6, 4, 2)
