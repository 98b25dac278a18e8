"""What the procurement suite and AP automation tell by webhook: signed events, sent as networks deliver them.

Some come twice, some out of order and some never (EVENT_REPEATED, EVENT_REORDERED, EVENT_LOST); what is told
about is also to be read, so nobody depends on one that never came.
"""

from __future__ import annotations

import hashlib
import hmac
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import pyarrow.parquet as pq

_ORDER_STEPS = {
    "created": "created-at",
    "approved": "custom-fields.approved-at",
    "sent": "custom-fields.sent-at",
    "closed": "custom-fields.closed-at",
}
_INVOICE_STEPS = {"received": "received_at", "updated": "updated_at"}


@dataclass(frozen=True)
class Delivery:
    """One request of a sender: its body and the headers that prove it."""

    body: bytes
    headers: dict[str, str]


def procurement_events(world: Path) -> list[dict[str, Any]]:
    """An event per step of every purchase order, in the order things happened."""
    events = [
        {
            "event-id": f"po-{row['id']}-{step}",
            "event-type": step,
            "occurred-at": at,
            "object-type": "purchase_order",
            "object-id": row["id"],
            "object-revision": number,
        }
        for row in _rows(world / "procurement" / "purchase_order.parquet", ["id", *_ORDER_STEPS.values()])
        for number, (step, at) in enumerate(_dated(row, _ORDER_STEPS), start=1)
    ]
    return sorted(events, key=lambda event: (event["occurred-at"], event["event-id"]))


def apauto_events(world: Path) -> list[dict[str, Any]]:
    """An event per step of every invoice, in the order things happened."""
    events = [
        {
            "id": f"evt_{row['invoice_id']}_{step}",
            "type": step,
            "created_at": at,
            "data": {"object": "invoice", "id": row["invoice_id"], "version": number},
        }
        for row in _rows(world / "apauto" / "invoice.parquet", ["invoice_id", *_INVOICE_STEPS.values()])
        for number, (step, at) in enumerate(_dated(row, _INVOICE_STEPS), start=1)
    ]
    return sorted(events, key=lambda event: (event["created_at"], event["id"]))


def as_networks_deliver(events: Sequence[Any], seed: int, *, repeated: float, lost: float) -> list[Any]:
    """The events with some missing, some twice and neighbors out of order; the shares are of one."""
    draw = random.Random(seed)
    kept = [event for event in events if draw.random() >= lost]
    copies = [event for event in kept if draw.random() < repeated]
    places = [(at + draw.uniform(0, 5), event) for at, event in enumerate(kept)]
    places += [(draw.uniform(0, len(kept) + 1), event) for event in copies]
    return [event for _, event in sorted(places, key=lambda place: place[0])]


def procurement_delivery(event: dict[str, Any], secret: str) -> Delivery:
    """One event, signed over its body."""
    body = orjson.dumps(event)
    return Delivery(body, {"X-Signature": f"sha256={_hmac(secret, body)}"})


def apauto_delivery(events: Sequence[dict[str, Any]], secret: str, now: float | None = None) -> Delivery:
    """Several events, signed over the time of sending and the body."""
    body, sent = orjson.dumps({"events": list(events)}), str(int(now or time.time()))
    signed = _hmac(secret, sent.encode() + b"." + body)
    return Delivery(body, {"AP-Timestamp": sent, "AP-Signature": signed})


def send(url: str, deliveries: Sequence[Delivery]) -> list[int]:
    """Posts each and returns the statuses."""
    with httpx.Client(trust_env=False, timeout=10.0) as client:
        return [client.post(url, content=one.body, headers=one.headers).status_code for one in deliveries]


def _hmac(secret: str, content: bytes) -> str:
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


def _rows(file: Path, columns: list[str]) -> Iterator[dict[str, Any]]:
    yield from pq.read_table(file, columns=columns).to_pylist()


def _dated(row: dict[str, Any], steps: dict[str, str]) -> Iterator[tuple[str, str]]:
    for step, column in steps.items():
        if row[column] is not None:
            yield step, f"{row[column]:%Y-%m-%dT%H:%M:%SZ}"
