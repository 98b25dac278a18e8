"""Bodies of webhooks, spoiled and damaged: kept or refused, and all that is kept is accounted for."""

from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from ingestion.formats.json_rows import records_of_pages, rows_of_records
from ingestion.registry import SYSTEMS
from tests.ingestion.malformed import (
    EVENT_BODIES,
    Ledger,
    damaged,
    json_text,
    spoiled,
)


def test_event_bodies(tmp_path: Path) -> None:
    """A signed body is kept, and then each of its events is loaded or rejected; or its sender is told why."""
    from ingestion.landing_copy.inbox import EventRefusedError, Inbox, signature
    from tests.ingestion.test_inbox import event

    spec, draw, ledger = SYSTEMS["procurement"], Random("events-7"), Ledger()
    assert spec.events
    inbox, kept = Inbox(tmp_path / "inbox"), 0
    instance: Any = type("Instance", (), {"name": "buy", "spec": spec, "connection": {"signing_secret": "s"}})
    for number in range(EVENT_BODIES):
        body = json_text(spoiled(event(number), draw), draw)
        body = damaged(body, draw) if draw.random() < 0.4 else body
        headers = {spec.events.signature_header.lower(): spec.events.signature_prefix + signature("s", body)}
        try:
            kept += inbox.accept(
                instance, headers, body, datetime(2026, 7, 1, 6, 0, number // 60, number, UTC)
            )
        except EventRefusedError as error:
            ledger.refuse(error)
    pages = inbox.payload(inbox.waiting()).content.open().read().splitlines()
    records = records_of_pages(pages, spec.events.records)
    for rows in rows_of_records(records, [spec.table("event")], file_name="event.jsonl").values():
        ledger.take(rows, kept)
    assert ledger.sent >= EVENT_BODIES and ledger.refused.total() > 20 and ledger.rejected > 50
