"""The same floods through the real doors, server to warehouse: landed, gate, load, and once again."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ingestion.registry import SYSTEMS
from tests.ingestion.conftest import Harness
from tests.ingestion.malformed import CELLS, good_cell, json_text, nested_rows, spoiled
from tests.ingestion.test_rest_to_raw import APAUTO, invoice
from tests.ingestion.wires import Api, serving, sftp_connection, sftp_serving

SENT, PAGE = 240, 40


def test_a_flood_of_bills_over_http_is_loaded_rejected_or_folded(harness: Callable[..., Harness]) -> None:
    draw = Random(11)
    whole = [
        invoice(number, updated_at=f"2026-06-01T{number // 60:02}:{number % 60:02}:00Z")
        for number in range(200)
    ]
    sent = [spoiled(one, draw) if draw.random() < 0.5 else one for one in whole]
    sent += [draw.choice(whole[:50]) for _ in range(SENT - len(sent))]
    pages = []
    for start in range(0, SENT, PAGE):
        more = str(start + PAGE) if start + PAGE < SENT else None
        body = b", ".join(json_text(one, draw) for one in sent[start : start + PAGE])
        pages.append(b'{"next_cursor": %b, "data": [%b]}' % (json.dumps(more).encode(), body))

    def respond(path: str, query: dict[str, str]) -> Any:
        if path != "/v1/invoices":
            return {"data": [], "next_cursor": None}
        return pages[int(query.get("cursor", "0")) // PAGE]

    with serving(Api(respond)) as api:
        home = harness(APAUTO, {"URL": api.url})
        landed, loaded = home.refresh()
        assert landed["ap"].is_complete
        _, again = home.refresh()
    loads = {load.table: load for load in loaded["apauto"].loads}
    lines = nested_rows(sent, SYSTEMS["apauto"].table("invoice_line"))
    assert {name: load.landed_rows for name, load in loads.items()} == {
        "invoice": SENT,
        "invoice_line": lines,
    }
    for name, load in loads.items():
        assert load.new_version_rows + load.unchanged_rows + load.rejected_rows == load.landed_rows
        assert min(load.new_version_rows, load.unchanged_rows, load.rejected_rows) > 10
        assert home.query(f"select count(*) from raw_apauto.{name}") == [(load.new_version_rows,)]
        kept = f"from raw_apauto.rejected_row where table_name = '{name}'"
        assert home.query(f"select count(*), count(distinct (_line_number, _position)) {kept}") == [
            (load.rejected_rows, load.rejected_rows)
        ]
        assert home.query(f"select count(*) {kept} and (reason = '' or payload = '')") == [(0,)]
    assert again["apauto"].new_version_rows == 0


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    (tmp_path / "server" / "outbound").mkdir(parents=True)
    with sftp_serving(tmp_path / "server") as port:
        yield tmp_path / "server" / "outbound", port


def test_a_flood_of_files_over_sftp_is_loaded_rejected_or_refused(
    folder: tuple[Path, int], harness: Callable[..., Harness]
) -> None:
    drop, port = folder
    draw, table = Random(12), SYSTEMS["inventory"].table("receipt")
    columns = [each for each in table.columns if each.name != "quantity"]
    for number in range(1, 9):
        sink = io.StringIO()
        writer = csv.writer(sink, lineterminator=draw.choice(["\n", "\r\n"]))
        writer.writerow([*(each.path for each in columns), "Quantity"])
        for row in range(25):
            cells = [good_cell(each, 100 * number + row) for each in columns]
            if draw.random() < 0.5:
                odd = draw.choice([cell for cell in CELLS if isinstance(cell, str)])
                cells[draw.randrange(len(cells))] = odd.encode("utf-8", "replace").decode()
            writer.writerow([*cells, "2"])
        writer.writerow(["TRL", 24 if number == 8 else 25, 50])
        content = sink.getvalue().encode()
        content = content[: len(content) // 2] if number == 7 else content
        (drop / f"receipts_20260601T{number:02}00_{number}.csv").write_bytes(content)
        (drop / f"receipts_20260601T{number:02}00_{number}.csv.done").touch()
    home = harness(f"  stock:\n    system: inventory\n    connection: {sftp_connection(port)}\n")
    landed, loaded = home.refresh()
    assert [refusal.file[-5:] for refusal in landed["stock"].refusals] == ["7.csv", "8.csv"]
    (load,) = loaded["inventory"].loads
    assert load.landed_rows == 6 * 25 and load.unchanged_rows == 0
    assert load.new_version_rows + load.rejected_rows == 6 * 25 and load.rejected_rows > 10
    assert home.query("select count(*) from raw_inventory.receipt") == [(load.new_version_rows,)]
    assert home.query("select count(*) from raw_inventory.rejected_row") == [(load.rejected_rows,)]
