"""From masters to identity events: what arrives joins, asks or stays, and nothing is said twice."""

from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from matching.events import EVENT
from matching.evidence import evidence_from
from matching.masters import Masters, identity_events
from matching.splink_session import connected
from tests.matching.conftest import AT

_DECIMAL, _TIME = pa.decimal128(18, 6), pa.timestamp("us")
STORED = EVENT.set(8, pa.field("weight", _DECIMAL)).set(4, pa.field("happened_at", _TIME))
_TEXTS = (
    *("record_key", "source_instance", "native_id", "supplier_id", "legal_name", "dba_name", "tax_id"),
    *("tax_id_verdict", "tax_id_near", "tax_country", "raw_duns", "uei", "npi", "lei"),
    "cross_reference_number",
)
SUPPLIER = pa.schema([(name, pa.string()) for name in _TEXTS])
SITE = pa.schema(
    [
        *(
            (name, pa.string())
            for name in ("source_instance", "supplier_id", "site_id", "line1", "line2", "city")
        ),
        *((name, pa.string()) for name in ("region", "postal_code", "country", "phone", "email")),
        ("is_deleted", pa.bool_()),
    ]
)
ACCOUNT = pa.schema(
    [
        *((name, pa.string()) for name in ("source_instance", "supplier_id", "iban")),
        *((name, pa.string()) for name in ("routing_number", "account_number")),
        ("is_deleted", pa.bool_()),
    ]
)
STATEMENT = pa.schema(
    [
        ("seq", pa.int64()),
        *((name, pa.string()) for name in ("kind", "left_key", "right_key", "actor", "reason")),
        ("decided_at", _TIME),
        ("origin", pa.string()),
    ]
)


def supplier(key: str, name: str, **values: Any) -> dict[str, Any]:
    """A record whose key is `instance` and native id in one, like `erp1`."""
    ids = {"record_key": key, "source_instance": key[:-1], "native_id": key[-1], "supplier_id": key[-1]}
    verdict = "VALID" if values.get("tax_id") else "MISSING"
    return {**dict.fromkeys(SUPPLIER.names), **ids, "legal_name": name, "tax_id_verdict": verdict, **values}


def said(seq: int, kind: str, left: str, right: str, origin: str = "STEWARD") -> dict[str, Any]:
    by = {"actor": "pat", "reason": "looked into it", "decided_at": AT.replace(tzinfo=None)}
    return {"seq": seq, "kind": kind, "left_key": left, "right_key": right, "origin": origin, **by}


ALDER = supplier("erp1", "Alder Surgical Inc", tax_id="v1:tax-alder")
TWIN = supplier("app2", "ALDER SURGICAL, LLC", tax_id="v1:tax-alder")
BIRCH = supplier("erp3", "Birch Linen Services Inc", tax_id="v1:tax-birch")
BRANCH = supplier("app4", "Northern Dialysis Products", tax_id="v1:tax-birch")
PLACE = {"site_id": "s", "line1": "9 Oak St", "region": "IL", "postal_code": "60601", "country": "US"}
PLACES = [
    {**{name: one[name] for name in ("source_instance", "supplier_id")}, **PLACE, "is_deleted": False}
    for one in (ALDER, TWIN)
]


class World:
    """Masters that change and the events that days of runs leave behind."""

    def __init__(self) -> None:
        self.events = STORED.empty_table()
        self.days = 0

    def run(
        self, *records: dict[str, Any], statements: list[dict[str, Any]] | None = None
    ) -> list[dict[str, Any]]:
        """The events that a run adds, which the next one knows."""
        masters = Masters(
            pa.Table.from_pylist(list(records), schema=SUPPLIER),
            pa.Table.from_pylist(PLACES, schema=SITE),
            pa.Table.from_pylist([], schema=ACCOUNT),
            pa.Table.from_pylist(statements or [], schema=STATEMENT),
            self.events,
        )
        with connected() as connection:
            added = identity_events(connection, masters, AT + timedelta(days=self.days))
        self.days += 1
        self.events = pa.concat_tables([self.events, added.cast(STORED)])
        rows: list[dict[str, Any]] = added.to_pylist()
        return rows

    def key_of(self, record_key: str) -> str:
        rows = [
            row
            for row in self.events.to_pylist()
            if (row["event"], row["subject_key"]) == ("MEMBERSHIP", record_key)
        ]
        return str(max(rows, key=lambda row: row["happened_at"])["object_key"])


def test_a_second_run_adds_nothing_and_a_new_record_joins() -> None:
    world = World()
    first = world.run(ALDER, BIRCH)
    assert {(row["subject_key"], row["object_key"], row["code"]) for row in first} == {
        ("erp1", "erp1", "SELF"),
        ("erp3", "erp3", "SELF"),
    }
    assert world.run(BIRCH, ALDER) == []
    [joined] = world.run(TWIN, ALDER, BIRCH)
    assert (joined["subject_key"], joined["object_key"], joined["via_key"]) == ("app2", "erp1", "erp1")
    assert joined["happened_at"] == (AT + timedelta(days=2)).replace(tzinfo=None)
    evidence = evidence_from(joined["evidence"])
    total = evidence.prior_weight + sum(part.weight for part in evidence.contributions)
    assert evidence.gate == "SAME_TAX_ID" and total == pytest.approx(evidence.weight)
    assert not any(
        "tax-alder" in str(part.left) for part in evidence.contributions if part.comparison == "tax"
    )


def test_a_run_that_was_killed_before_its_events_were_kept_repeats_with_the_same_keys() -> None:
    world, killed = World(), World()
    lost = killed.run(ALDER, TWIN, BRANCH)
    world.days = 5
    again = world.run(BRANCH, TWIN, ALDER)
    unlike = ("event_id", "happened_at")
    told = [{name: value for name, value in row.items() if name not in unlike} for row in lost]
    assert [{name: value for name, value in row.items() if name not in unlike} for row in again] == told


def test_one_tax_id_under_two_names_is_asked_once_and_answered_once() -> None:
    world = World()
    world.run(BIRCH)
    asked = [row for row in world.run(BIRCH, BRANCH) if row["event"] == "TASK"]
    assert [(row["subject_key"], row["object_key"], row["code"]) for row in asked] == [
        ("app4", "erp3", "SUGGESTION")
    ]
    assert world.run(BIRCH, BRANCH) == []
    rows = world.run(BIRCH, BRANCH, statements=[said(1, "SAME", "app4", "erp3")])
    assert world.key_of("app4") == "erp3" and {row["event"] for row in rows} == {"MEMBERSHIP", "REDIRECT"}


def test_a_reference_joins_without_a_score_and_its_target_gives_the_key() -> None:
    world = World()
    pointer = supplier("app1", "Somebody Else Entirely", cross_reference_number="77")
    rows = world.run(pointer, ALDER, statements=[said(0, "SAME", "app1", "erp1", "CROSS_REFERENCE")])
    assert {(row["subject_key"], row["object_key"], row["code"], row["weight"]) for row in rows} == {
        ("app1", "erp1", "CROSS_REFERENCE", None),
        ("erp1", "erp1", "CROSS_REFERENCE", None),
    }


def test_distinct_parts_what_was_joined_and_stays() -> None:
    world = World()
    world.run(ALDER, TWIN)
    assert world.key_of("app2") == world.key_of("erp1") == "app2"
    apart = [said(1, "DISTINCT", "app2", "erp1")]
    rows = world.run(ALDER, TWIN, statements=apart)
    assert world.key_of("app2") != world.key_of("erp1")
    assert [(row["code"], row["reason"]) for row in rows if row["event"] == "REDIRECT"] == [
        ("SPLIT", "pat: looked into it")
    ]
    assert world.run(ALDER, TWIN, statements=apart) == []


def test_the_last_decision_holds() -> None:
    world = World()
    world.run(ALDER, TWIN, statements=[said(1, "DISTINCT", "app2", "erp1")])
    assert world.key_of("app2") != world.key_of("erp1")
    world.run(ALDER, TWIN, statements=[said(1, "DISTINCT", "app2", "erp1"), said(2, "SAME", "erp1", "app2")])
    assert world.key_of("app2") == world.key_of("erp1")


def test_no_masters_are_no_events() -> None:
    assert World().run() == []
