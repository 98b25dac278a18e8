"""Webhooks: signed bodies become landed events once, whatever the network repeats, reorders or loses."""

import asyncio
import random
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from concord.commands_inbox import inbox_app
from ingestion.landing_copy.inbox import LARGEST_BODY, Inbox, signature
from ingestion.landing_copy.landing import write_batch
from ingestion.landing_copy.sealing import Seal, SealError, is_sealed
from sandbox.servers.webhooks import apauto_delivery, as_networks_deliver, procurement_delivery
from tests.ingestion.conftest import Harness
from tests.ingestion.wires import SECRET, Api, serving

Make = Callable[..., Harness]
BOTH = (
    "  buy:\n    system: procurement\n    connection: {url: '${URL}', client_id: c,"
    " client_secret: '${SECRET}', signing_secret: '${SECRET}'}\n"
    "  ap:\n    system: apauto\n    connection: {url: '${URL}', api_key: '${SECRET}',"
    " api_secret: '${SECRET}', signing_secret: '${SECRET}'}\n"
)


def event(number: int, order: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "event-id": f"e{number}",
        "event-type": "approved",
        "occurred-at": f"2026-06-{number % 28 + 1:02}T10:00:00Z",
        "object-type": "purchase_order",
        "object-id": order,
        "object-revision": number,
        **more,
    }


class Receiver:
    """The receiver over HTTP, and runs that land what it took; the applications have nothing new."""

    def __init__(self, make: Make, api: Api) -> None:
        self.api = api
        self.home = make(BOTH, {"URL": api.url})
        run = self.home.run()
        self.inbox = run.settings.inbox_dir
        self.app = inbox_app(self.inbox, run.landscape.instances)
        self.url = ""

    def post(self, instance: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        url = f"{self.url}/events/{instance}"
        answer = httpx.post(url, content=body, headers=headers, trust_env=False)
        return answer.status_code, answer.text

    def tell(self, *events: dict[str, Any]) -> None:
        for each in events:
            sent = procurement_delivery(each, SECRET)
            assert self.post("buy", sent.body, sent.headers)[0] == 202

    def events(self, columns: str = "event_id, object_revision") -> list[tuple[Any, ...]]:
        latest = "qualify row_number() over (partition by _row_key order by _version desc) = 1"
        return self.home.query(f"select {columns} from raw_procurement.event {latest} order by all")


@pytest.fixture
def receiver(harness: Make) -> Iterator[Receiver]:
    empty = {"data": [], "next_cursor": None}
    with (
        serving(Api(lambda path, _: empty if path.startswith("/v1") else [])) as api,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        made = Receiver(harness, api)
        made.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(made.app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield made
        server.should_exit = True
        thread.join()


def test_events_land_once_also_while_the_source_is_down(receiver: Receiver) -> None:
    receiver.tell(event(1), event(2), event(1))
    paid = {"type": "paid", "created_at": "2026-06-01T00:00:00Z"}
    bills = [{**paid, "id": each, "data": {"object": "invoice", "id": 7}} for each in ("a", "b")]
    bodies = apauto_delivery(bills, SECRET)
    assert receiver.post("ap", bodies.body, bodies.headers) == (202, "2 taken\n")
    receiver.api.refuses_login = True
    landed, loaded = receiver.home.refresh()
    assert not landed["buy"].is_available, "the application itself cannot be read"
    (load,) = loaded["procurement"].loads
    assert (load.landed_rows, load.new_version_rows, load.unchanged_rows) == (3, 2, 1)
    assert receiver.events() == [("e1", 1), ("e2", 2)]
    assert receiver.home.query("select id, data_id from raw_apauto.event order by 1") == [
        ("a", "7"),
        ("b", "7"),
    ]
    assert not list(receiver.inbox.rglob("*.json"))
    _, loaded = receiver.home.refresh()
    assert not loaded["procurement"].loads


def test_a_body_at_rest_cannot_be_read_without_the_key(receiver: Receiver) -> None:
    run = receiver.home.run()
    key = Seal("first")
    app = httpx.ASGITransport(inbox_app(receiver.inbox, run.landscape.instances, key))
    sent = procurement_delivery(event(1), SECRET)

    async def told() -> int:
        async with httpx.AsyncClient(transport=app, base_url="http://inbox") as client:
            answer = await client.post("/events/buy", content=sent.body, headers=sent.headers)
            return answer.status_code

    assert asyncio.run(told()) == 202
    (kept,) = Inbox(receiver.inbox / "buy").waiting()
    assert is_sealed(kept.read_bytes()) and b"e1" not in kept.read_bytes()
    with pytest.raises(SealError, match="CONCORD_LANDING_KEY is not set"):
        Inbox(receiver.inbox / "buy").payload([kept])
    elsewhere = kept.rename(receiver.inbox / "other.json")
    with pytest.raises(SealError, match="taken from another place"):
        Inbox(receiver.inbox / "buy", key).payload([elsewhere])
    elsewhere.rename(kept)
    receiver.home.settings = {"CONCORD_LANDING_KEY": "first"}
    receiver.home.refresh()
    assert receiver.events() == [("e1", 1)]


def test_what_was_landed_before_a_crash_is_not_loaded_twice(receiver: Receiver) -> None:
    receiver.tell(event(1))
    run = receiver.home.run()
    inbox = Inbox(receiver.inbox / "buy")
    # The batch is on disk, the bodies were not removed any more.
    write_batch(
        run.settings.landing_dir,
        batch_id="20260701T070000000000-crashed0-0001",
        instance="buy",
        system="procurement",
        run_id="crashed",
        known_at=run.started_at,
        payloads=[inbox.payload(inbox.waiting())],
        cursors={},
    )
    receiver.home.refresh()
    assert receiver.events("event_id, _version") == [("e1", 1)]


@pytest.mark.parametrize("seed", range(5))
def test_any_order_and_repetition_gives_the_same_events(receiver: Receiver, seed: int) -> None:
    events = [event(number, order=number % 3) for number in range(1, 40)]
    delivered = as_networks_deliver(events, seed, repeated=0.4, lost=0)
    cut = random.Random(seed).randrange(1, len(delivered))
    for part in (delivered[:cut], delivered[cut:]):
        receiver.tell(*part)
        receiver.home.refresh()
    assert len(delivered) > len(events)
    assert receiver.events() == sorted((each["event-id"], each["object-revision"]) for each in events)


def test_nothing_unsigned_stale_large_or_unreadable_is_kept(receiver: Receiver) -> None:
    good = procurement_delivery(event(1), SECRET)
    wrong = procurement_delivery(event(1), "guessed")
    assert receiver.post("buy", good.body, {})[0] == 401
    assert receiver.post("buy", good.body, wrong.headers)[0] == 401
    assert receiver.post("buy", good.body + b" ", good.headers)[0] == 401, "altered on its way"
    assert receiver.post("nobody", good.body, good.headers)[0] == 404
    for body in (b"no json", b"[" * 100_000, b"\xff\xfe"):
        signed = {"X-Signature": f"sha256={signature(SECRET, body)}"}
        assert receiver.post("buy", body, signed)[0] == 400
    huge = b" " * (LARGEST_BODY + 1)
    assert receiver.post("buy", huge, {"X-Signature": f"sha256={signature(SECRET, huge)}"})[0] == 413
    old = apauto_delivery([{"id": "a"}], SECRET, now=datetime(2020, 1, 1, tzinfo=UTC).timestamp())
    assert receiver.post("ap", old.body, old.headers) == (
        401,
        "AP-Timestamp is no time within five minutes of now\n",
    )
    later = apauto_delivery([{"id": "a"}], SECRET)
    assert receiver.post("ap", later.body, {**later.headers, "AP-Timestamp": "9" * 30})[0] == 401
    assert not receiver.inbox.exists()


def test_a_signed_event_that_breaks_the_contract_is_rejected_with_its_line(receiver: Receiver) -> None:
    receiver.tell(event(1), event(2, **{"object-revision": "second"}))
    _, loaded = receiver.home.refresh()
    (load,) = loaded["procurement"].loads
    assert (load.landed_rows, load.new_version_rows, load.rejected_rows) == (2, 1, 1)
    (rejected,) = receiver.home.query(
        "select column_name, _line_number from raw_procurement.rejected_row where table_name = 'event'"
    )
    assert rejected == ("object_revision", 2)


def test_the_inbox_is_its_owners_alone(receiver: Receiver, tmp_path: Path) -> None:
    receiver.tell(event(1))
    (kept,) = receiver.inbox.rglob("*.json")
    assert kept.parent.stat().st_mode & 0o077 == 0
