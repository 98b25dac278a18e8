"""A rebuild takes the place of the old warehouse only when it is whole; whatever ends it changes nothing."""

from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from dagster_project import execution
from dagster_project.execution import Outcome, rebuild
from ingestion.settings import Settings, load_settings


def _filled(path: Path, content: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"create table content as select '{content}' as text")


def _content(path: Path) -> str:
    with duckdb.connect(str(path), read_only=True) as connection:
        [(text,)] = connection.execute("select text from content").fetchall()
    return str(text)


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    settings = load_settings({}, home=tmp_path / "home")
    settings.home.mkdir()
    _filled(settings.warehouse_path, "old")
    return settings


def test_a_rebuild_is_swapped_in_when_it_is_whole(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    (home.home / "warehouse.duckdb.wal").write_bytes(b"left by a killed run")

    def build(settings: Settings, job: str, tags: dict[str, str], progress: object) -> Outcome:
        assert (job, settings.publish, settings.home) == ("rebuild", False, home.home)
        assert settings.warehouse_path != home.warehouse_path
        assert settings.pipelines_dir.is_relative_to(settings.warehouse_path.parent)
        _filled(settings.warehouse_path, "new")
        return Outcome("1", succeeded=True, failures=())

    monkeypatch.setattr(execution, "_run", build)
    assert rebuild(home).succeeded
    assert _content(home.warehouse_path) == "new"
    assert sorted(path.name for path in home.home.iterdir()) == ["run.lock", "warehouse.duckdb"]


def test_a_rebuild_that_fails_or_is_killed_leaves_the_old_warehouse(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(settings: Settings, *_: object) -> Outcome:
        _filled(settings.warehouse_path, "half")
        return Outcome("1", succeeded=False, failures=("dbt: a test failed",))

    def die(settings: Settings, *_: object) -> Outcome:
        _filled(settings.warehouse_path, "half")
        raise KeyboardInterrupt

    monkeypatch.setattr(execution, "_run", die)
    with pytest.raises(KeyboardInterrupt):
        rebuild(home)
    assert _content(home.warehouse_path) == "old"
    monkeypatch.setattr(execution, "_run", fail)
    assert not rebuild(home).succeeded
    assert _content(home.warehouse_path) == "old"


def test_a_rebuild_looks_at_the_world_as_the_copy_served_now(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.serving_dir.mkdir()
    with duckdb.connect(str(home.serving_dir / "concord.duckdb")) as connection:
        connection.execute(
            "create schema marts; create table marts.publication as"
            " select date '2026-06-30' as as_of, timestamp '2026-07-01 06:00:00' as known_at from range(2)"
        )
    seen: list[Settings] = []

    def note(settings: Settings, *_: object) -> Outcome:
        seen.append(settings)
        return Outcome("1", succeeded=False, failures=())

    monkeypatch.setattr(execution, "_run", note)
    rebuild(home)
    rebuild(load_settings({}, home=home.home, as_of=date(2026, 5, 31)))
    assert [settings.as_of for settings in seen] == [date(2026, 6, 30), date(2026, 5, 31)]
    assert {settings.known_at for settings in seen} == {datetime(2026, 7, 1, 6)}
