"""A new version of an interface, replayed through the whole pipeline before it is let in."""

import hashlib
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from house import House, Outcome
from release_world import LINES, World, in_version_2, invoice, make_world, new_contract, record

from dagster_project.own_models import SHIPPED

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("release"))


@pytest.fixture
def house(world: World, tmp_path: Path) -> Iterator[House]:
    """Its scratch homes lie in a folder of their own, which must be empty again, and HOME as it was."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    before = _content(world.home)
    yield House(world.home, {"AP_KEY": "1", "TMPDIR": str(scratch)})
    assert list(scratch.iterdir()) == [] and _content(world.home) == before


def _content(home: Path) -> dict[str, tuple[str, int]]:
    return {
        str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in home.rglob("*")
        if path.is_file()
    }


def release_test(house: House, world: World, contract: Path, *options: str | Path) -> Outcome:
    return house.concord(
        *("release", "test", "--landscape", world.landscape, "--home", world.home),
        *("--instance", "ap", "--contract", contract, *options),
    )


def test_a_price_in_another_unit_is_seen_in_marts_and_in_what_would_be_sent(
    house: House, world: World, tmp_path: Path
) -> None:
    recorded = record(tmp_path / "recorded", [in_version_2(number) for number in LINES[:-1]])
    contract = new_contract(tmp_path / "apauto_2")
    done = release_test(house, world, contract, "--payloads", recorded, "--json")
    assert done.code == 3, done.text
    report = json.loads(done.out)
    tables = {change["name"]: change for change in report["tables"]}
    match = tables["marts.mart_invoice_match"]
    assert (match["rows_before"], match["rows_after"]) == (6, 5)
    assert (match["added"], match["missing"], match["changed"]) == (0, 1, 5)
    first = match["examples"][0]
    assert first["key"]["native_id"] == "I1-1"
    assert first["columns"]["match_status"] == ["MATCHED", "EXCEPTION"]
    assert first["columns"]["invoice_unit_price"] == ["10.000000", "1000.000000"]
    assert "conformed.fct_purchase_order_line" not in tables
    [stream] = report["outbound"]
    assert (stream["name"], stream["missing"], stream["changed"]) == ("ap.invoice_match_status", 1, 5)
    assert stream["examples"][0]["columns"]["payable_amount"] == ["1000.00", "0.00"]
    assert report["new"]["would_send"] == {"ap.invoice_match_status": 5}
    assert report["failed_tests"] == [] and report["new"]["rejected"] == []
    assert [change["kind"] for change in report["contract"]] == ["new version", "moved", "added"]


def test_the_same_documents_under_a_contract_that_fits_make_no_difference(
    house: House, world: World, tmp_path: Path
) -> None:
    recorded = record(tmp_path / "recorded", [in_version_2(number) for number in LINES[:-1]])
    before = record(tmp_path / "before", [invoice(number) for number in LINES[:-1]])
    contract = new_contract(tmp_path / "apauto_2", SHIPPED)
    done = release_test(house, world, contract, "--payloads", recorded, "--before", before)
    assert done.code == 0, done.text
    assert "No difference in " in done.out and "Public tables" not in done.out


def test_what_the_door_would_hold_is_named_before_anything_is_built(
    house: House, world: World, tmp_path: Path
) -> None:
    broken = [{**invoice(number), "gross_amount": "a lot"} for number in LINES]
    for record_of in broken:
        del record_of["lines"][0]["amount"]
    recorded = record(tmp_path / "recorded", broken)
    contract = new_contract(tmp_path / "apauto_2")
    done = release_test(house, world, contract, "--payloads", recorded)
    assert done.code == 1, done.text
    assert "the landing gate would hold the payloads" in done.err
    assert "invoice_line.amount removed: expected a number" in done.err and "invoice.gross_amount" in done.err
    assert "building the models" not in done.out


def test_a_landing_copy_that_the_new_contract_cannot_read(house: House, world: World, tmp_path: Path) -> None:
    contract = new_contract(tmp_path / "apauto_2")
    spec = contract / "spec.py"
    spec.write_text(spec.read_text().replace('column("price_per", PRICE)', 'column("x", required=True)'))
    done = release_test(house, world, contract)
    assert done.code == 1, done.text
    assert "ap: invoice_line.x removed" in done.err and "--payloads" in done.err


def test_a_signal_leaves_nothing_behind(house: House, world: World, tmp_path: Path) -> None:
    contract, log = new_contract(tmp_path / "apauto_2"), tmp_path / "log"
    recorded = record(tmp_path / "recorded", [in_version_2(number) for number in LINES])
    process = house.start(
        *("release", "test", "--landscape", world.landscape, "--home", world.home),
        *("--instance", "ap", "--contract", contract, "--payloads", recorded),
        log=log,
    )
    try:
        while process.poll() is None and "building the models" not in log.read_text():
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(timeout=60) == 143, log.read_text()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=60)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--instance", "erp_x"), "the landscape has no instance 'erp_x'; it has erp, ap"),
        (("--before", "."), "--before goes with --payloads"),
        (("--instance", "erp"), "it is the contract of apauto, the instance is of feed"),
    ],
    ids=["instance", "before", "other_system"],
)
def test_what_cannot_be_asked(
    house: House, world: World, tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    done = release_test(house, world, new_contract(tmp_path / "apauto_2"), *options)
    assert done.code == 2 and words in " ".join(done.err.split()), done.text
