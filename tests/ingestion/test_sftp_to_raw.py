"""SFTP files to raw: only complete files count, a truncated or doubled one is refused with the remedy."""

import os
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import paramiko
import pytest

from ingestion import pipelines
from ingestion.configuration.landscape_file import LandscapeError
from ingestion.transports import settling
from tests.ingestion.conftest import Harness
from tests.ingestion.wires import sftp_connection, sftp_serving

RECEIPTS = "ReceiptNumber,LineNumber,TransactionType,Quantity,Uom,ReceiptDate,RecordedAt\n"


class Outbound:
    """The server's folder."""

    def __init__(self, root: Path, harness: Callable[..., Harness], port: int) -> None:
        self.folder = root / "outbound"
        self.folder.mkdir()
        connection = sftp_connection(port)
        self.lines = f"  stock:\n    system: inventory\n    connection: {connection}\n"
        self.harness = harness(self.lines)

    def arrive(self, rules: str) -> None:
        """What the landscape says of the arrival of files."""
        path = self.harness.folder / "landscape" / "landscape.yaml"
        path.write_text(path.read_text().replace(self.lines, f"{self.lines}    {rules}\n"))

    def put(self, name: str, text: str, *, done: bool = True) -> None:
        (self.folder / name).write_text(text)
        if done:
            (self.folder / f"{name}.done").touch()


@pytest.fixture
def outbound(tmp_path: Path, harness: Callable[..., Harness]) -> Iterator[Outbound]:
    root = tmp_path / "server"
    root.mkdir()
    with sftp_serving(root) as port:
        yield Outbound(root, harness, port)


def receipt(number: int, quantity: str) -> str:
    return f"GR{number},1,RECEIPT,{quantity},BX,2026-06-01,2026-06-01T10:00:00Z\n"


def test_complete_files_load_and_broken_ones_are_refused(outbound: Outbound) -> None:
    whole = RECEIPTS + receipt(1, "2.5") + receipt(2, "1") + "TRL,2,3.500000\n"
    outbound.put("receipts_20260601T0400_1.csv", whole)
    outbound.put("receipts_20260601T0800_2.csv", RECEIPTS + receipt(3, "1"))
    outbound.put("receipts_20260601T1200_3.csv", RECEIPTS + receipt(4, "1") + "TRL,2,2\n")
    outbound.put("receipts_20260601T1600_4.csv", RECEIPTS + receipt(5, "1") + "TRL,1,9\n")
    outbound.put("receipts_20260601T2000_5.csv", whole)
    outbound.put("receipts_20260602T0000_6.csv", RECEIPTS + receipt(6, "1") + "TRL,1,1\n", done=False)
    outbound.put("item_units_20260601.csv", "ItemNumber,Uom,Factor\nI1,BX,12\nTRL,1,0\n")
    landed, loaded = outbound.harness.refresh()
    reasons = {refusal.file: refusal.reason for refusal in landed["stock"].refusals}
    assert list(reasons) == [
        f"receipts_20260601T{name}.csv" for name in ("0800_2", "1200_3", "1600_4", "2000_5")
    ]
    assert "no TRL trailer" in reasons["receipts_20260601T0800_2.csv"]
    assert "has 1 rows, its trailer promises 2" in reasons["receipts_20260601T1200_3.csv"]
    assert "adds up to 1, its trailer promises 9" in reasons["receipts_20260601T1600_4.csv"]
    assert "content of receipts_20260601T0400_1.csv" in reasons["receipts_20260601T2000_5.csv"]
    assert all(refusal.remedy for refusal in landed["stock"].refusals)
    assert outbound.harness.query(
        "select _row_key, quantity, recorded_at::varchar, _line_number from raw_inventory.receipt order by 1"
    ) == [
        ("GR1|1", Decimal("2.500000"), "2026-06-01 10:00:00", 2),
        ("GR2|1", Decimal("1.000000"), "2026-06-01 10:00:00", 3),
    ]
    assert outbound.harness.query("select _row_key, factor from raw_inventory.item_unit") == [
        ("I1||BX|", Decimal("12.00000000"))
    ]

    outbound.put("receipts_20260601T0800_2.csv", RECEIPTS + receipt(3, "1") + "TRL,1,1\n")
    outbound.put("receipts_20260601T0400_1.csv", whole.replace("2.5,", "2.6,").replace("3.500000", "3.6"))
    landed, loaded = outbound.harness.refresh()
    assert len(landed["stock"].refusals) == 3
    assert loaded["inventory"].new_version_rows == 2
    assert loaded["inventory"].loads[0].unchanged_rows == 1


def test_a_marker_older_than_its_file_guards_nothing(outbound: Outbound) -> None:
    name = "receipts_20260601T0400_1.csv"
    outbound.put(name, RECEIPTS + receipt(1, "1") + "TRL,1,1\n")
    before = (outbound.folder / name).stat().st_mtime - 60
    os.utime(outbound.folder / f"{name}.done", (before, before))
    landed, _ = outbound.harness.refresh()
    assert landed["stock"].remarks == (f"{name}: waits, {name}.done is older than the file",)
    (outbound.folder / f"{name}.done").touch()
    outbound.harness.refresh()
    assert outbound.harness.query("select _row_key from raw_inventory.receipt") == [("GR1|1",)]


def test_text_in_a_quantity_is_a_rejected_row(outbound: Outbound) -> None:
    outbound.put(
        "receipts_20260601T0400_1.csv", RECEIPTS + receipt(1, "many") + receipt(2, "1") + "TRL,2,1\n"
    )
    landed, loaded = outbound.harness.refresh()
    assert landed["stock"].is_complete
    (load,) = loaded["inventory"].loads
    assert (load.landed_rows, load.new_version_rows, load.rejected_rows) == (2, 1, 1)


def test_a_file_that_grows_between_two_looks_waits(
    outbound: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbound.arrive("arrival: {marker: none, settled_seconds: 2}")
    rest = receipt(2, "1") + "TRL,2,2\n"
    outbound.put("receipts_20260601T0400_1.csv", RECEIPTS + receipt(1, "1") + "TRL,1,1\n", done=False)
    outbound.put("receipts_20260601T0800_2.csv", RECEIPTS + receipt(2, "1"), done=False)
    waited: list[float] = []

    def written_meanwhile(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 1:
            with (outbound.folder / "receipts_20260601T0800_2.csv").open("a") as file:
                file.write(rest)

    monkeypatch.setattr(settling.time, "sleep", written_meanwhile)
    landed, _ = outbound.harness.refresh()
    assert landed["stock"].is_complete
    assert landed["stock"].remarks == ("receipts_20260601T0800_2.csv: waits, it changed less than 2 s ago",)
    assert outbound.harness.query("select _row_key from raw_inventory.receipt") == [("GR1|1",)]
    landed, loaded = outbound.harness.refresh()
    assert not landed["stock"].remarks and loaded["inventory"].new_version_rows == 1
    # Nothing is new: no second look.
    outbound.harness.refresh()
    assert waited == [2, 2]


def test_one_kind_of_file_may_have_a_marker_of_its_own(outbound: Outbound) -> None:
    outbound.arrive("resources: {receipt: {marker: .ok}}")
    name = "receipts_20260601T0400_1.csv"
    outbound.put(name, RECEIPTS + receipt(1, "1") + "TRL,1,1\n")
    outbound.put("item_units_20260601.csv", "ItemNumber,Uom,Factor\nI1,BX,12\nTRL,1,0\n")
    landed, _ = outbound.harness.refresh()
    assert landed["stock"].remarks == (f"{name}: waits, {name}.ok is not there yet",)
    assert outbound.harness.query("select _row_key from raw_inventory.item_unit") == [("I1||BX|",)]
    (outbound.folder / f"{name}.ok").touch()
    outbound.harness.refresh()
    assert outbound.harness.query("select _row_key from raw_inventory.receipt") == [("GR1|1",)]


def test_a_file_beyond_the_limit_is_refused_unread_and_the_others_flow(
    outbound: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbound.arrive("arrival: {largest_mib: 1}")
    opened, read = [], paramiko.SFTPClient.open

    def note(client: paramiko.SFTPClient, path: str, *mode: str) -> paramiko.SFTPFile:
        opened.append(path)
        return read(client, path, *mode)

    monkeypatch.setattr(paramiko.SFTPClient, "open", note)
    outbound.put("receipts_20260601T0400_1.csv", RECEIPTS + receipt(1, "1") + "TRL,1,1\n")
    outbound.put("receipts_20260601T0800_2.csv", RECEIPTS + " " * (3 << 19))
    landed, _ = outbound.harness.refresh()
    [refusal] = landed["stock"].refusals
    assert refusal.file == "receipts_20260601T0800_2.csv"
    assert refusal.reason == "has 1.5 MiB, more than the 1 MiB that are read over SFTP"
    assert "in parts" in refusal.remedy and "largest_mib" in refusal.remedy
    assert [path.rpartition("/")[2] for path in opened] == ["receipts_20260601T0400_1.csv"]
    assert outbound.harness.query("select _row_key from raw_inventory.receipt") == [("GR1|1",)]


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ("arrival: {settled_seconds: 61}", "a run waits this long between two looks; allowed: up to 60"),
        ("arrival: {marker: done}", "marker"),
    ],
)
def test_an_arrival_that_cannot_be_is_a_mistake(outbound: Outbound, rules: str, words: str) -> None:
    outbound.arrive(rules)
    with pytest.raises(LandscapeError, match=words):
        outbound.harness.run()


def test_a_wrong_password_is_a_report(outbound: Outbound, harness: Callable[..., Harness]) -> None:
    yaml = (outbound.harness.folder / "landscape" / "landscape.yaml").read_text()
    (outbound.harness.folder / "landscape" / "landscape.yaml").write_text(
        yaml.replace("${SECRET}", "${WRONG}")
    )
    (line,) = pipelines.check(outbound.harness.run())
    assert not line.ok and "refuses the login" in line.message
    assert "; check the credentials of " in line.message and "WRONG" in line.message
