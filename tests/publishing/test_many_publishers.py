"""Six processes that publish one message at once make one posting, on either kind of state database."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from target_world import MADE, Publisher, journal, supplier

from publishing.exclusive import alone
from publishing.ledger_tables import make_tables
from publishing.messages import Stream
from publishing.outbox import count_by_state
from sandbox.serve import Sandbox

CHILD = """
import json, sys
sys.path[:0] = {path!r}
from pathlib import Path
from target_world import MADE, Publisher
home, endpoints, url, target, entity, name = json.loads(sys.argv[1])
publisher = Publisher(Path(home), endpoints, url)
sys.stdin.readline()
print(publisher(target, entity, MADE[target, entity](name)).sent)
"""


def race(homes: list[Path], estate: Sandbox, url: str, target: str, entity: str, name: str) -> list[int]:
    """Starts one process for each home, lets them go together, and says what each sent."""
    code = CHILD.format(path=[str(Path(__file__).parent), *sys.path])
    children = [
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                code,
                json.dumps([str(home), estate.endpoints, url, target, entity, name]),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for home in homes
    ]
    for child in children:
        assert child.stdin
        child.stdin.write("go\n")
        child.stdin.flush()
    return [int(child.communicate(timeout=120)[0]) for child in children]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "entity", "book", "names"),
    [
        ("apauto", "invoice_match_status", "match_status", ("AP000000002", "AP000000005")),
        ("erp_cloud", "accrual_journal", "journals", ("race-1", "race-2")),
    ],
)
def test_six_processes_make_one_posting(
    publisher_on: Callable[..., Publisher],
    estate: Sandbox,
    tmp_path: Path,
    state_url: str,
    target: str,
    entity: str,
    book: str,
    names: tuple[str, str],
) -> None:
    publish = publisher_on(state_url)
    before = len(publish.book(target, book))
    # On PostgreSQL each process has a home of its own, as on machines of their own.
    is_shared = state_url.startswith("sqlite")
    homes = [tmp_path if is_shared else tmp_path / f"machine_{n}" for n in range(6)]
    for home in homes:
        home.mkdir(exist_ok=True)
    assert sorted(race(homes, estate, state_url, target, entity, names[is_shared])) == [0, 0, 0, 0, 0, 1]
    assert len(publish.book(target, book)) == before + 1
    assert count_by_state(publish.run.state) == {Stream(target, entity): {"CONFIRMED": 1}}


@pytest.mark.slow
def test_machines_without_a_common_state_still_make_one_posting(
    publisher_on: Callable[..., Publisher], estate: Sandbox, tmp_path: Path
) -> None:
    """Nothing but the target's own unique reference stands between them."""
    publish, made = publisher_on(), []
    before = len(publish.book("erp_cloud", "journals"))
    for number in range(3):
        home = tmp_path / f"island_{number}"
        home.mkdir()
        one = Publisher(home, estate.endpoints, f"sqlite:///{home / 'state.sqlite'}")
        made.append(one("erp_cloud", "accrual_journal", journal("island")).confirmed)
    assert made == [1, 1, 1]
    assert len(publish.book("erp_cloud", "journals")) == before + 1


def test_the_database_keeps_other_machines_out(tmp_path: Path, database: str) -> None:
    engine = sa.create_engine(database.replace("postgresql://", "postgresql+psycopg://"))
    stream = Stream("erp_cloud", "accrual_journal")
    with alone(tmp_path / "one", stream, engine) as lease, engine.connect() as other:
        assert lease.holds()
        key = other.execute(sa.text("select classid::bigint << 32 | objid::bigint from pg_locks"
                                    " where locktype = 'advisory'")).scalar_one()  # fmt: skip
        assert other.execute(sa.select(sa.func.pg_try_advisory_lock(key))).scalar_one() is False
    with alone(tmp_path / "two", stream, engine):
        pass


def test_a_lost_session_stops_a_publisher(tmp_path: Path, database: str) -> None:
    engine = sa.create_engine(database.replace("postgresql://", "postgresql+psycopg://"))
    with alone(tmp_path, Stream("erp_cloud", "supplier"), engine) as lease:
        with engine.begin() as other:
            other.execute(
                sa.text("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'")
            )
        assert not lease.holds()


def test_a_ledger_of_an_earlier_version_is_widened(tmp_path: Path, state_url: str) -> None:
    engine = sa.create_engine(state_url)
    make_tables(engine)
    with engine.begin() as connection:
        for column in ("depends_on", "canceled_by"):
            connection.execute(sa.text(f"alter table outbox_message drop column {column}"))
    make_tables(engine)
    columns = {column["name"] for column in sa.inspect(engine).get_columns("outbox_message")}
    assert {"depends_on", "canceled_by"} <= columns


@pytest.mark.parametrize("entity", ["supplier", "accrual_journal"])
def test_the_ledger_works_on_either_database(
    publisher_on: Callable[..., Publisher], state_url: str, entity: str
) -> None:
    publish = publisher_on(state_url)
    kind = state_url.partition(":")[0]
    rows = [MADE["erp_cloud", entity](f"either-{kind}-{n}") for n in range(3)]
    assert publish("erp_cloud", entity, *rows).confirmed == 3
    assert publish("erp_cloud", entity, *rows[:2]).unchanged == 2
    assert publish("erp_cloud", "supplier", supplier(f"late-{kind}-{entity}")).confirmed == 1
