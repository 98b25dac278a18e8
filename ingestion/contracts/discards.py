"""What stewards settled about rejected rows: decisions in the state store, one for each place a row stood at.

A discarded row stays out of raw even when the contract would take it one day, and no cursor waits for it. The
reader asks here, so that a rebuild keeps the same rows out.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ingestion.contracts.rejects import Place, RejectedRow
from ingestion.landing_copy.landing import Batch
from ingestion.state import StateStore

SUBJECT = "REJECTED_ROW"
DISCARDED, REPLAYED = "DISCARDED", "REPLAYED"


def subject_key(instance: str, batch_id: str, place: Place) -> str:
    return "|".join((instance, batch_id, *map(str, place)))


def place_of(detail: Mapping[str, Any]) -> Place:
    """The place in the payload of a decision."""
    return Place(*(detail[name] for name in Place._fields))


def standing(state: StateStore, instance: str = "", batch_id: str = "") -> dict[str, dict[str, Any]]:
    """The decisions that stand, by subject key; `payload` is read, as `detail`."""
    beginning = f"{instance}|{batch_id}|" if batch_id else f"{instance}|" if instance else ""
    found = state.standing_decisions(SUBJECT, beginning)
    return {key: {**row, "detail": json.loads(row["payload"])} for key, row in found.items()}


def discarded_places(state: StateStore, batch: Batch) -> frozenset[Place]:
    rows = standing(state, batch.instance, batch.batch_id).values()
    return frozenset(place_of(row["detail"]) for row in rows if row["decision"] == DISCARDED)


def wanted(state: StateStore, instance: str, rejected: Sequence[RejectedRow]) -> tuple[RejectedRow, ...]:
    """The rejected rows that nobody discarded: those a mended source should send again."""
    unwanted = _discarded_rows(state, instance) if rejected else {}
    return tuple(row for row in rejected if row.record_hash not in unwanted)


def discard_again(state: StateStore, batch: Batch, rejected: Iterable[RejectedRow], at: datetime) -> None:
    """Carries a discard over to the places where the same row was sent again and was rejected again."""
    rows = list(rejected)
    unwanted = _discarded_rows(state, batch.instance) if rows else {}
    for row in rows:
        if found := unwanted.get(row.record_hash):
            key = subject_key(batch.instance, batch.batch_id, row.place)
            sighting = {"batch_id": batch.batch_id, "seen_at": batch.known_at.isoformat(), "load_id": None}
            detail = {**found["detail"], **sighting, **row.place._asdict()}
            state.append_decisions(
                {key: detail},
                at=at,
                actor=found["actor"],
                subject_type=SUBJECT,
                decision=DISCARDED,
                reason=found["reason"],
            )


def _discarded_rows(state: StateStore, instance: str) -> dict[str, dict[str, Any]]:
    rows = standing(state, instance).values()
    return {row["detail"]["record_hash"]: row for row in rows if row["decision"] == DISCARDED}
