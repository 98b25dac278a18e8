"""The copy on PostgreSQL: exact, turned at once, never half, and nobody else's schemas touched."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from publishing import serving, serving_postgres
from publishing.serving import ServingError
from publishing.serving_postgres import publish_to_postgres

VALUES = """
    select
        'it''s "quoted", with; line' || chr(10) || 'break' as note, '' as empty_text,
        null::varchar as no_text,
        12345678901234.56::decimal(18,2) as amount, 0.000001::decimal(18,6) as tiny,
        170141183460469231731687303715884105::hugeint as large, 9223372036854775807::bigint as big,
        date '2026-02-28' as day, timestamp '2026-03-08 02:30:00.123456' as moment,
        timestamptz '2026-03-08 02:30:00+00' as instant, true as is_true, ['a', null, 'b'] as list,
        '{"a": 1}'::json as document, 18446744073709551615::ubigint as unsigned_value
"""


def build(path: Path, generation: int = 0, rows: int = 500) -> Path:
    """A release as `serving` leaves it: tables only, each of one generation."""
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create schema conformed; create schema controls; create schema marts;"
            f"create table conformed.dim_item as"
            f" select range as item, {generation} as generation from range({rows});"
            f"create table controls.exc_exception as select {generation} as generation from range({rows});"
            f"create table marts.mart_value as {VALUES};"
            f"create table marts.mart_run as select {generation} as generation;"
            "create table marts.mart_empty (id integer, amount decimal(18,4));"
            "comment on table conformed.dim_item is 'One row per item, it''s said.';"
            "comment on column conformed.dim_item.item is 'The item; no \"%s\" here.'"
        )
    return path


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return build(tmp_path / "concord.duckdb")


@pytest.fixture
def server(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


def schemas(server: psycopg.Connection) -> list[str]:
    query = "select nspname from pg_namespace where nspname !~ '^(pg_|information_schema|public)' order by 1"
    return [name for (name,) in server.execute(query)]


def test_values_and_types_are_exact(release: Path, database: str, server: psycopg.Connection) -> None:
    report = publish_to_postgres(release, database.replace("postgresql://", "postgresql+psycopg://"))
    assert (report.tables, report.row_count, report.waited, report.kept) == (5, 1002, True, ())
    cursor = server.execute("select * from marts.mart_value")
    names = [column.name for column in cursor.description or ()]
    (values,) = cursor.fetchall()
    assert dict(zip(names, values, strict=True)) == {
        "note": 'it\'s "quoted", with; line\nbreak', "empty_text": "", "no_text": None,
        "amount": Decimal("12345678901234.56"), "tiny": Decimal("0.000001"),
        "large": Decimal("170141183460469231731687303715884105"), "big": 9223372036854775807,
        "day": date(2026, 2, 28), "moment": datetime(2026, 3, 8, 2, 30, 0, 123456),
        "instant": datetime.fromisoformat("2026-03-08T02:30:00+00:00"), "is_true": True,
        "list": ["a", None, "b"], "document": {"a": 1}, "unsigned_value": Decimal("18446744073709551615"),
    }  # fmt: skip
    kinds = dict(
        server.execute(
            "select column_name, format_type(atttypid, atttypmod) from information_schema.columns"
            " join pg_attribute on attrelid = 'marts.mart_value'::regclass and attname = column_name"
            " where table_schema = 'marts' and table_name = 'mart_value'"
        ).fetchall()
    )
    assert (kinds["amount"], kinds["tiny"]) == ("numeric(18,2)", "numeric(18,6)")
    assert kinds["moment"] == "timestamp without time zone"
    comments = server.execute(
        "select obj_description('conformed.dim_item'::regclass),"
        " col_description('conformed.dim_item'::regclass, 1)"
    ).fetchone()
    assert comments == ("One row per item, it's said.", 'The item; no "%s" here.')


@pytest.mark.parametrize("kind", ["double", "float", "double[]", "timestamp_ns"])
def test_what_has_no_exact_type_is_refused_by_name(release: Path, database: str, kind: str) -> None:
    with duckdb.connect(str(release)) as connection:
        connection.execute(f"create table marts.mart_float as select null::{kind} as share")
    with pytest.raises(ServingError, match=r"marts\.mart_float\.share"):
        publish_to_postgres(release, database)


def test_the_release_before_stays_until_the_next(
    release: Path, database: str, server: psycopg.Connection
) -> None:
    for generation in range(3):
        publish_to_postgres(build(release, generation), database)
    names = ("conformed", "controls", "marts")
    assert schemas(server) == sorted([*names, *(f"{name}__previous" for name in names)])
    now = "select max(generation) from {}.dim_item"
    assert server.execute(now.format("conformed")).fetchone() == (2,)
    assert server.execute(now.format("conformed__previous")).fetchone() == (1,)


def test_a_running_reader_finishes_on_what_it_opened(
    release: Path, database: str, server: psycopg.Connection
) -> None:
    """It holds one table longer than our patience: nobody fails, and nobody waits for ever."""
    publish_to_postgres(release, database)
    with psycopg.connect(database) as reader, reader.cursor(name="slow") as cursor:
        cursor.execute("select generation from conformed.dim_item")
        assert cursor.fetchmany(10) == [(0,)] * 10
        reports = [
            publish_to_postgres(build(release, generation), database, patience=0.5) for generation in (1, 2)
        ]
        assert {value for (value,) in cursor.fetchall()} == {0}
    assert [report.waited for report in reports] == [False, True]
    assert reports[1].kept
    assert publish_to_postgres(build(release, 3), database).kept == ()
    assert not [name for name in schemas(server) if "retired" in name]


def test_a_view_that_somebody_built_is_not_dropped(
    release: Path, database: str, server: psycopg.Connection
) -> None:
    publish_to_postgres(release, database)
    server.execute("create view public.ours as select count(*) as n from conformed.dim_item")
    for generation in (1, 2, 3):
        report = publish_to_postgres(build(release, generation), database)
    assert [name.partition("__")[0] for name in report.kept] == ["conformed"]
    assert server.execute("select n from public.ours").fetchone() == (500,)


@pytest.mark.parametrize("step", ["_build", "_describe", "_verify", "_rename"])
def test_a_failure_leaves_the_old_release_and_nothing_else(
    release: Path, database: str, server: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    publish_to_postgres(release, database)
    before = schemas(server)
    original = getattr(serving_postgres, step)

    def failing(*args: Any, **named: Any) -> None:
        original(*args, **named)
        raise psycopg.OperationalError("the disk is full")

    with monkeypatch.context() as patch, pytest.raises(ServingError, match="the disk is full"):
        patch.setattr(serving_postgres, step, failing if step != "_rename" else _break_the_rename)
        publish_to_postgres(build(release, 1), database)
    assert schemas(server) == before
    assert server.execute("select max(generation) from conformed.dim_item").fetchone() == (0,)
    publish_to_postgres(build(release, 2), database)
    assert server.execute("select max(generation) from conformed.dim_item").fetchone() == (2,)


def _break_the_rename(connection: psycopg.Connection, names: Any, *, lock: bool) -> None:
    with connection.transaction():
        connection.execute("alter schema conformed rename to conformed__previous")
        raise psycopg.OperationalError("the disk is full")


def test_lost_rows_are_found_before_the_swap(
    release: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = serving_postgres.copy_batches
    monkeypatch.setattr(serving_postgres, "copy_batches", lambda *args: list(original(*args))[:-1])
    with pytest.raises(ServingError, match=r"dim_item: 0 rows on PostgreSQL, 500 in the release"):
        publish_to_postgres(release, database)


def test_schemas_of_others_are_left_alone(release: Path, database: str, server: psycopg.Connection) -> None:
    server.execute("create schema marts; create table marts.precious (id integer)")
    with pytest.raises(ServingError, match="schema marts exists and was not published by Concord"):
        publish_to_postgres(release, database)
    assert schemas(server) == ["marts"]


def test_an_unreachable_server_is_named_without_its_password(release: Path) -> None:
    with pytest.raises(ServingError, match="PostgreSQL: ") as caught:
        publish_to_postgres(release, "postgresql://u:verysecret@127.0.0.1:9/x?connect_timeout=2")
    assert "verysecret" not in str(caught.value)


def test_a_reader_role_may_read_and_nothing_more(
    release: Path, database: str, server: psycopg.Connection
) -> None:
    with pytest.raises(ServingError, match="no role bi_nobody"):
        publish_to_postgres(release, database, reader="bi_nobody")
    server.execute("create role bi_reader login password 'pw'")
    for generation in range(2):
        publish_to_postgres(build(release, generation), database, reader="bi_reader")
    with psycopg.connect(database, user="bi_reader", password="pw") as reader:
        assert reader.execute("select count(*) from marts.mart_run").fetchone() == (1,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("delete from marts.mart_run")


KILLED = """
import sys
sys.path[:0] = {path!r}
import time
from pathlib import Path
from publishing import serving_postgres
def stall(*args):
    print("built", flush=True)
    time.sleep(60)
serving_postgres._verify = stall
serving_postgres.publish_to_postgres(Path({source!r}), {url!r})
"""


def test_what_a_killed_run_left_is_swept(release: Path, database: str, server: psycopg.Connection) -> None:
    publish_to_postgres(release, database)
    code = KILLED.format(path=sys.path, source=str(release), url=database)
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert child.stdout
    assert child.stdout.readline() == b"built\n"
    child.kill()
    child.wait()
    assert "conformed__building" in schemas(server)
    publish_to_postgres(build(release, 1), database)
    assert not [name for name in schemas(server) if "building" in name]
    assert server.execute("select max(generation) from conformed.dim_item").fetchone() == (1,)


READER = """
import sys
import duckdb, psycopg
url, folder = sys.argv[1:3]
both = ("select array_agg(distinct generation) from (select generation from conformed.dim_item"
        " union all select generation from controls.exc_exception"
        " union all select generation from marts.mart_run) as t")
seen, rounds = set(), 0
server = psycopg.connect(url, autocommit=True)
try:
    while not sys.stdin.closed and rounds < 100_000:
        rounds += 1
        (found,) = server.execute(both).fetchone()
        assert len(found) == 1, f"one statement saw {found}"
        seen.add(found[0])
        with server.transaction():
            if rounds % 2:
                server.execute("set transaction isolation level repeatable read")
            parts = [server.execute(f"select generation, count(*) from {t} group by 1").fetchall()
                     for t in ("marts.mart_run", "conformed.dim_item", "controls.exc_exception")]
        assert len({part[0][0] for part in parts}) == 1 and all(len(p) == 1 for p in parts), parts
        assert parts[1][0][1] == parts[2][0][1], parts
        path = __import__("pathlib").Path(folder, "concord.duckdb").resolve(strict=True)
        with duckdb.connect(str(path), read_only=True) as copy:
            (found,) = copy.execute(both).fetchone()
            assert len(found) == 1, f"the file showed {found}"
        if __import__("pathlib").Path(folder, "stop").exists():
            break
finally:
    print(rounds, len(seen), flush=True)
"""


@pytest.mark.slow
def test_readers_see_twenty_refreshes_whole_and_without_an_error(tmp_path: Path, database: str) -> None:
    """Each refresh is one number in every table; a mixture would show two."""
    folder, warehouse = tmp_path / "serving", tmp_path / "warehouse.duckdb"

    def refresh(generation: int) -> None:
        build(warehouse, generation, rows=500 + generation)
        serving.publish(
            warehouse,
            folder,
            run_id=f"run{generation}",
            as_of=date(2026, 6, 30),
            known_at=datetime(2026, 7, 1),
        )
        publish_to_postgres((folder / serving.DATABASE).resolve(), database)

    refresh(0)
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, database, str(folder)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    for generation in range(1, 21):
        refresh(generation)
        time.sleep(0.1)
    (folder / "stop").touch()
    for reader in readers:
        out, err = reader.communicate(timeout=60)
        assert reader.returncode == 0, err
        rounds, generations = map(int, out.split())
        assert rounds > 20
        assert generations >= 5


def test_two_publications_at_once_take_turns(release: Path, database: str) -> None:
    threads = [threading.Thread(target=publish_to_postgres, args=(release, database)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with psycopg.connect(database) as server:
        assert len(schemas(server)) == 6
