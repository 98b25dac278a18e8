"""A warehouse that is held is read once from disk, and free for others when it is not."""

from pathlib import Path

import duckdb
import pytest

from ingestion.raw.opening import held, keep_open, let_go, made, opened

ANSWER = "select * from kept"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with opened(path) as connection:
        connection.execute("create table kept as select 1 as one")
    return path


@pytest.fixture
def connects(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are opened from now on."""
    found: list[str] = []
    connect = duckdb.connect

    def counted(database: str = ":memory:", **options: object) -> duckdb.DuckDBPyConnection:
        found.append(database)
        return connect(database, **options)

    monkeypatch.setattr(duckdb, "connect", counted)
    return found


def _can_attach(path: Path) -> bool:
    """Whether another database may take the file."""
    with duckdb.connect() as other:
        try:
            other.execute(f"attach '{path}' as warehouse (read_only)")
        except duckdb.Error:
            return False
        return bool(other.execute("select * from warehouse.kept").fetchall())


def test_it_is_opened_once_while_it_is_held(path: Path, connects: list[str]) -> None:
    with held(path), held(path):
        assert not connects
        for read_only in (True, False, True):
            with opened(path, read_only=read_only) as connection:
                assert connection.execute(ANSWER).fetchall() == [(1,)]
                assert connection.execute("select current_setting('TimeZone')").fetchall() == [("UTC",)]
    assert connects == [str(path)]
    with opened(path, read_only=True):
        assert len(connects) == 2


def test_what_is_held_is_closed_at_the_end(path: Path) -> None:
    with pytest.raises(RuntimeError), held(path):
        keep_open(path)
        assert not _can_attach(path)
        raise RuntimeError
    assert _can_attach(path)


def test_it_is_let_go_for_a_database_that_attaches_it(path: Path, connects: list[str]) -> None:
    with held(path):
        with opened(path) as connection:
            connection.execute("insert into kept values (2)")
        let_go(path)
        assert _can_attach(path)
        with opened(path, read_only=True) as connection:
            assert len(connection.execute(ANSWER).fetchall()) == 2
    assert connects.count(str(path)) == 2


def test_what_is_not_held_is_left_alone(path: Path, connects: list[str]) -> None:
    keep_open(path)
    let_go(path)
    assert not connects


def test_a_broken_transaction_ends_with_its_connection(path: Path) -> None:
    with held(path):
        with pytest.raises(duckdb.Error), opened(path) as connection:
            connection.execute("begin")
            connection.execute("delete from kept")
            connection.execute("select * from nothing")
        with opened(path, read_only=True) as connection:
            assert connection.execute(ANSWER).fetchall() == [(1,)]


def test_a_new_warehouse_keeps_its_form_when_others_open_and_fill_it(tmp_path: Path) -> None:
    path = tmp_path / "home" / "warehouse.duckdb"
    made(path)
    with opened(path) as connection:
        connection.execute("create table kept as select 'a' as text from range(100000)")
    with duckdb.connect(str(path)) as connection:
        found = connection.execute(
            "select tags['storage_version'], (select any_value(compression) from pragma_storage_info('kept')"
            " where segment_type = 'VARCHAR') from duckdb_databases() where not internal"
        ).fetchone()
    assert found == ("v1.5.0+", "DICT_FSST")
