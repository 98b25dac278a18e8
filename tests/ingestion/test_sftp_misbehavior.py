"""What an SFTP server does wrong, the same for files of rows and for EDI: silence, a stalled transfer,
refused logins, files out of order, a field that is gone. Each is told; what is sound flows, once.
"""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import pytest

from ingestion.reports import LandReport
from ingestion.transports import ssh
from tests.ingestion.conftest import Harness
from tests.ingestion.wires import HOST_KEY, public_text, sftp_connection, sftp_serving
from tests.ingestion.x12_text import ACKNOWLEDGEMENT, interchange, transaction

Make = Callable[..., Harness]
HEADER = "ReceiptNumber,LineNumber,TransactionType,Quantity,Uom,ReceiptDate,RecordedAt"


@dataclass(frozen=True)
class Kind:
    """An application behind SFTP, three sound files of it and one that lacks a field it needs."""

    system: str
    table: str
    sound: dict[str, str]
    without_field: tuple[str, str]


def _receipts(number: int, header: str = HEADER, quantity: str = "1,") -> str:
    row = f"GR{number},1,RECEIPT,{quantity}EA,2026-06-0{number},2026-06-0{number}T10:00:00Z"
    return f"{header}\n{row}\nTRL,1,1\n"


def _answer(number: int, body: list[list[str]] = ACKNOWLEDGEMENT) -> str:
    return interchange(transaction("855", "0001", *body), group="PR", number=number)


ROWS = Kind(
    "inventory",
    "raw_inventory.receipt",
    {f"receipts_2026060{number}_{number}.csv": _receipts(number) for number in (1, 2, 3)},
    ("receipts_20260604_4.csv", _receipts(4, HEADER.replace("Quantity,", ""), quantity="")),
)
EDI = Kind(
    "distributor",
    "raw_distributor.acknowledgement_line",
    {f"855_{number}.x12": _answer(number) for number in (1, 2, 3)},
    ("855_4.x12", _answer(4, [[cell if cell != "PO1001" else "" for cell in s] for s in ACKNOWLEDGEMENT])),
)
kinds = pytest.mark.parametrize("kind", [ROWS, EDI], ids=lambda kind: kind.system)


def reading(make: Make, kind: Kind, connection: str) -> Harness:
    return make(f"  partner:\n    system: {kind.system}\n    connection: {connection}\n")


def put(root: Path, name: str, text: str) -> None:
    folder = root / "outbound"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    if name.endswith(".csv"):
        (folder / f"{name}.done").touch()


def down(home: Harness) -> str:
    landed, _ = home.refresh()
    report: LandReport = landed["partner"]
    assert not report.is_available and report.batch is None
    return report.message


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server that takes the connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        kept: list[socket.socket] = []
        threading.Thread(target=lambda: kept.append(listener.accept()[0]), daemon=True).start()
        yield listener.getsockname()[1]
        for each in kept:
            each.close()


@kinds
def test_a_silent_server_is_down(
    harness: Make, kind: Kind, silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssh, "CONNECT_SECONDS", 0.3)
    message = down(reading(harness, kind, sftp_connection(silent_port)))
    assert f"127.0.0.1:{silent_port} broke the connection" in message


@kinds
def test_a_transfer_that_stalls_is_down_and_nothing_of_it_is_kept(
    harness: Make, kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in kind.sound.items():
        put(tmp_path, name, text)
    monkeypatch.setattr(ssh, "CHANNEL_SECONDS", 0.5)
    stalled, going_on = threading.Event(), threading.Event()

    class Stalling(asyncssh.SFTPServer):
        async def read(self, file_obj: object, offset: int, size: int) -> bytes:
            stalled.set()
            while not going_on.is_set():
                await asyncio.sleep(0.05)
            return super().read(file_obj, offset, size)  # type: ignore[no-any-return]

    with sftp_serving(tmp_path, Stalling) as port:
        home = reading(harness, kind, sftp_connection(port))
        assert "/outbound could not be read" in down(home) and stalled.is_set()
        going_on.set()
        landed, _ = home.refresh()
        assert landed["partner"].is_complete
        assert len({row[0] for row in home.query(f"select _file_name from {kind.table}")}) == 3


@kinds
@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("${SECRET}", "${WRONG}", "refuses the login of reader"),
        ("user: reader", "user: nobody", "refuses the login of nobody"),
        (public_text(HOST_KEY), "SHA256:AAAA", "which is not the host_key of the connection"),
    ],
    ids=["password", "user", "host_key"],
)
def test_who_is_not_known_gets_nothing(
    harness: Make, kind: Kind, tmp_path: Path, old: str, new: str, words: str
) -> None:
    with sftp_serving(tmp_path) as port:
        message = down(reading(harness, kind, sftp_connection(port).replace(old, new)))
    assert words in message and "told to nobody" not in message


@kinds
def test_files_in_any_order_give_the_same_rows(kind: Kind, tmp_path: Path) -> None:
    names = list(kind.sound)
    found = []
    for order in (names, names[::-1]):
        root, made = tmp_path / f"server_{order[0]}", tmp_path / f"home_{order[0]}"
        root.mkdir()
        made.mkdir()
        with sftp_serving(root) as port:
            home = reading(lambda text, folder=made: Harness(folder, text, {}), kind, sftp_connection(port))
            for delivered in (order[:1], order[1:]):
                for name in delivered:
                    put(root, name, kind.sound[name])
                landed, _ = home.refresh()
                assert landed["partner"].is_complete
            found.append(
                home.query(f"select _row_key, _record_hash, _version from {kind.table} order by all")
            )
            home.close()
    assert found[0] == found[1] and {row[2] for row in found[0]} == {1}
    assert len({row[0] for row in found[0]}) == len(found[0]) >= len(names)


@kinds
def test_a_field_that_is_gone_stops_its_file_or_rows_alone(harness: Make, kind: Kind, tmp_path: Path) -> None:
    name, text = kind.without_field
    for each, sound in {**kind.sound, name: text}.items():
        put(tmp_path, each, sound)
    with sftp_serving(tmp_path) as port:
        home = reading(harness, kind, sftp_connection(port))
        landed, _ = home.refresh()
        told = [f"{refusal.file} {refusal.reason}" for refusal in landed["partner"].refusals]
        told += [
            " ".join(row)
            for row in home.query(f"select _file_name, reason from raw_{kind.system}.rejected_row")
        ]
        assert told and all(words.startswith(name) for words in told), told
        assert any("quantity" in words or "po_number" in words for words in told), told
        files = {row[0] for row in home.query(f"select _file_name from {kind.table}")}
        assert files == set(kind.sound)
