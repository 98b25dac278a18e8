"""The state store: an audit chain that shows tampering, journals that survive its loss."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from ingestion import pipelines
from ingestion.landing_copy import journal
from ingestion.raw.raw_schema import CONCORD_TABLES
from ingestion.state import StateStore
from ingestion.state_tables import AUDIT
from sandbox.servers.postgres import PostgresServer
from tests.ingestion.conftest import FeedHarness, Harness

VERDICT = {
    "entity_type": "invoice_line",
    "source_instance": "erp_a",
    "native_id": "L1",
    "match_status": "EXCEPTION",
    "codes": "PRICE_OVER",
    "fingerprint": "{}",
}
STAMP: dict[str, Any] = {
    "run_id": "r1",
    "known_at": datetime(2026, 7, 1, 6, 0, 0, 123456),
    "as_of": date(2026, 6, 30),
}
DELIVERY: dict[str, Any] = {
    "posting_key": "p1",
    "idempotency_key": "i1",
    "target": "erp_cloud",
    "entity": "accrual_journal",
    "occurrence": 0,
    "business_key": "LH01|R1|1",
    "payload_hash": "h",
    "payload": "{}",
    "state": "READY",
    "first_ready_at": datetime(2026, 7, 1),
    "updated_at": datetime(2026, 7, 1),
}


def decide(state: StateStore, key: str, decision: str = "APPROVE") -> int | None:
    return state.append_decision(
        at=datetime(2026, 7, 1, 9),
        actor="pat",
        subject_type="UNIT_CORRECTION",
        subject_key=key,
        decision=decision,
        reason="the box was changed",
        payload={"factor": "12"},
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A state store's URL, empty: a file, or a database of a real server."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state.sqlite'}"
    running: PostgresServer = request.getfixturevalue("server")
    name = f"state_{uuid.uuid4().hex}"
    with psycopg.connect(running.admin_url, autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
    return running.url(name).replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture
def state(url: str) -> Iterator[StateStore]:
    store = StateStore(url)
    yield store
    store.close()


def note(state: StateStore, number: int) -> None:
    state.append_audit(
        at=datetime(2026, 7, 1, 12, 0, 0, number), actor="a", action="did", subject=str(number), detail={}
    )


def test_changing_one_audit_row_breaks_the_chain(state: StateStore) -> None:
    for number in range(4):
        note(state, number)
    assert state.verify_audit() is None
    with state.engine.begin() as connection:
        connection.execute(sa.update(AUDIT).where(AUDIT.c.seq == 2).values(actor="b"))
    assert state.verify_audit() == 2


def test_writers_at_once_make_one_chain_and_one_numbering(url: str) -> None:
    """Each writer has a store of its own, as each process has."""

    def work(writer: int) -> None:
        state = StateStore(url)
        for number in range(6):
            note(state, writer * 100 + number)
            state.append_verdicts([{**STAMP, **VERDICT, "native_id": f"{writer}-{number}"}])
            decide(state, f"{writer}-{number}")
        state.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    state = StateStore(url)
    assert state.verify_audit() is None and len(state.audit()) == 72
    assert [row["seq"] for row in state.verdicts()] == list(range(1, 37))
    assert [row["seq"] for row in state.decisions()] == list(range(1, 37))
    state.close()


def test_a_verdict_comes_back_as_it_was(state: StateStore) -> None:
    state.append_verdicts([{**STAMP, **VERDICT}])
    assert state.verdicts() == [{**STAMP, **VERDICT, "seq": 1}]
    assert state.last_verdict_at() == (STAMP["as_of"], STAMP["known_at"])
    assert state.verdicts(after=1) == []


def test_a_decision_is_kept_numbered_and_audited(state: StateStore) -> None:
    assert decide(state, "k1") == 1 and decide(state, "k1", "REJECT") == 2
    first, second = state.decisions()
    assert first == {
        "seq": 1,
        "decided_at": datetime(2026, 7, 1, 9),
        "actor": "pat",
        "subject_type": "UNIT_CORRECTION",
        "subject_key": "k1",
        "decision": "APPROVE",
        "reason": "the box was changed",
        "payload": '{"factor": "12"}',
    }
    assert second["decision"] == "REJECT" and state.decisions(after=1) == [second]
    entry = state.audit()[0]
    assert (entry["actor"], entry["action"], entry["subject"]) == ("pat", "decide", "UNIT_CORRECTION k1")
    assert state.verify_audit() is None


def test_the_same_decision_at_the_same_moment_is_made_once(state: StateStore) -> None:
    with ThreadPoolExecutor(max_workers=6) as pool:
        made = list(pool.map(lambda _: decide(state, "k1"), range(6)))
    assert sorted(made, key=str) == [1, None, None, None, None, None]
    assert len(state.decisions()) == len(state.audit()) == 1 and state.verify_audit() is None
    assert decide(state, "k1", "REJECT") == 2 and decide(state, "k1") == 3


def test_availability_and_refusals_are_remembered(state: StateStore) -> None:
    early, late = datetime(2026, 7, 1), datetime(2026, 7, 2)
    state.set_instance_status("erp", at=early, is_available=True, message="")
    state.set_instance_status("erp", at=late, is_available=False, message="down")
    status = state.instance_status()["erp"]
    assert (status.last_success_at, status.last_attempt_at, status.is_available) == (early, late, False)
    assert state.note_refusal("erp", "f", "h", "r", "m", early)
    assert not state.note_refusal("erp", "f", "h", "r", "m", late)


def test_a_whole_run_on_postgresql(server: PostgresServer, tmp_path: Path) -> None:
    url = server.admin_url.replace("postgresql://", "postgresql+psycopg://")
    (tmp_path / "feed").mkdir()
    (tmp_path / "feed" / "supplier.csv").write_text("supplier_id,legal_name\nS1,Alpha\n")
    harness = Harness(
        tmp_path, f"  erp_a:\n    system: feed\n    connection: {{folder: {tmp_path / 'feed'}}}\n", {}
    )
    harness.settings = {"CONCORD_STATE_URL": url}
    _, loaded = harness.refresh()
    assert loaded["feed"].new_version_rows == 1
    run = harness.run()
    decide(run.state, "k1")
    pipelines.append_verdicts(run, [VERDICT])
    pipelines.load_concord(run, deliveries=[])
    assert harness.query("select seq, decision from raw_concord.decision") == [(1, "APPROVE")]
    assert harness.query("select count(*) from raw_concord.verdict") == [(1,)]
    assert not (harness.home / "state.sqlite").exists()
    assert server.password not in run.state.url + repr(run.settings)
    harness.close()


def test_decisions_and_deliveries_come_back_as_raw(feed: FeedHarness) -> None:
    run = feed.harness.run()
    decide(run.state, "k1")
    pipelines.load_concord(run, deliveries=[DELIVERY, {**DELIVERY, "posting_key": "p2"}])
    decide(run.state, "k2")
    pipelines.load_concord(run, deliveries=[{**DELIVERY, "state": "CONFIRMED", "not a column": 1}])
    assert feed.harness.query("select seq, subject_key, payload from raw_concord.decision order by 1") == [
        (1, "k1", '{"factor": "12"}'),
        (2, "k2", '{"factor": "12"}'),
    ]
    assert feed.harness.query(
        "select posting_key, state, occurrence, first_ready_at from raw_concord.delivery"
    ) == [("p1", "CONFIRMED", 0, datetime(2026, 7, 1))]
    pipelines.load_concord(run)
    assert feed.harness.query("select count(*) from raw_concord.delivery") == [(1,)]
    pipelines.load_concord(run, deliveries=[])
    assert feed.harness.query("select count(*) from raw_concord.delivery") == [(0,)]


def test_decisions_survive_the_loss_of_the_state_store(feed: FeedHarness) -> None:
    run = feed.harness.run()
    decide(run.state, "k1")
    pipelines.load_concord(run)
    before = run.state.decisions()
    feed.harness.close()
    (feed.harness.home / "state.sqlite").unlink()
    again = feed.harness.run()
    assert again.state.decisions() == before and decide(again.state, "k2") == 2


def test_the_journal_is_numbered_loaded_once_and_restored(feed: FeedHarness) -> None:
    run = feed.harness.run()
    assert pipelines.append_verdicts(run, [VERDICT, {**VERDICT, "native_id": "L2"}]) == 2
    pipelines.load_concord(run)
    later = feed.harness.run()
    assert pipelines.append_verdicts(later, [{**VERDICT, "match_status": "MATCHED", "codes": ""}]) == 1
    pipelines.load_concord(later)
    pipelines.load_concord(later)
    rows = feed.harness.raw("raw_concord.verdict")
    assert [(row[0], row[6], row[7]) for row in rows] == [
        (1, "L1", "EXCEPTION"),
        (2, "L2", "EXCEPTION"),
        (3, "L1", "MATCHED"),
    ]
    assert rows[0][3] == date(2026, 6, 30)

    feed.harness.close()
    (feed.harness.home / "state.sqlite").unlink()
    (feed.harness.home / "warehouse.duckdb").unlink()
    pipelines.load_concord(feed.harness.run())
    assert feed.harness.raw("raw_concord.verdict") == rows


def test_a_run_that_looks_back_writes_no_verdict(feed: FeedHarness) -> None:
    later, earlier = feed.harness.run(), feed.harness.run()
    pipelines.append_verdicts(earlier, [VERDICT])
    assert not journal.journal_is_open(later)
    assert pipelines.append_verdicts(later, [VERDICT]) == 0


def test_the_landscape_is_replaced_each_run(feed: FeedHarness) -> None:
    seeds = feed.harness.folder / "landscape" / "seeds"
    seeds.mkdir()
    (seeds / "tolerance.csv").write_text("check,upper_pct\nPRICE,0.02\n")
    pipelines.load_landscape(feed.harness.run())
    assert feed.harness.query("select check_code, upper_pct::varchar from raw_landscape.tolerance") == [
        ("PRICE", "0.020000")
    ]
    assert feed.harness.query("select as_of::varchar, as_of_ends_at::varchar from raw_landscape.run") == [
        ("2026-06-30", "2026-07-01 05:00:00")
    ]
    (seeds / "tolerance.csv").unlink()
    pipelines.load_landscape(feed.harness.run())
    [(count,)] = feed.harness.query("select count(*) from raw_landscape.tolerance where upper_pct = 0.10")
    assert count == 1, "without a file of its own the landscape is back at the defaults"
    assert feed.harness.query("select count(*) from raw_landscape.run") == [(1,)]
    assert feed.harness.query("select fresh_within_hours::varchar from raw_landscape.instance") == [
        ("24.000000",)
    ]


def joined(record: str, day: int) -> dict[str, Any]:
    return {
        **dict.fromkeys(name for name, _ in CONCORD_TABLES["identity_event"] if name != "seq"),
        "event_id": f"{record}{day}",
        "event": "MEMBERSHIP",
        "subject_key": record,
        "object_key": "s1",
        "happened_at": datetime(2026, 7, day),
        "code": "MATCH",
        "weight": "29.940699",
    }


def test_identity_events_are_kept_once_come_back_as_raw_and_survive_the_store(feed: FeedHarness) -> None:
    run = feed.harness.run()
    assert pipelines.append_identity_events(run, [joined("s1", 1), joined("s2", 1)]) == 2
    assert pipelines.append_identity_events(run, [joined("s2", 1), joined("s3", 2)]) == 1
    pipelines.load_concord(run)
    pipelines.load_concord(run)
    rows = feed.harness.raw("raw_concord.identity_event")
    assert [(row[0], row[3], row[9]) for row in rows] == [
        (1, "s1", "29.940699"),
        (2, "s2", "29.940699"),
        (3, "s3", "29.940699"),
    ]
    feed.harness.close()
    (feed.harness.home / "state.sqlite").unlink()
    (feed.harness.home / "warehouse.duckdb").unlink()
    again = feed.harness.run()
    pipelines.load_concord(again)
    assert feed.harness.raw("raw_concord.identity_event") == rows


def test_a_run_that_looks_back_says_nothing_about_who_is_who(feed: FeedHarness) -> None:
    run = feed.harness.run()
    pipelines.append_identity_events(run, [joined("s1", 1)])
    past = replace(run, known_at=datetime(2026, 6, 30))
    assert pipelines.append_identity_events(past, [joined("s2", 1)]) == 0
    assert len(run.state.identity_events()) == 1
