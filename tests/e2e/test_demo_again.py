"""The demo once more: another seed, what a second run changes (nothing), a rebuild, and a clean world."""

import multiprocessing
import time
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pytest
from house import DEMO, LATER, SAME_TOKENS, Finished, Laboratory, assert_perfect, differences, outbox, posted

from publishing.serving import DATABASE, PUBLICATION
from sandbox.serve import Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def _read_without_end(database: str, stop: Event, seen: Any) -> None:
    """A BI tool in its own process: opens the copy again and again and counts what it was promised."""
    import duckdb

    schema, name = PUBLICATION
    while not stop.is_set():
        try:
            with duckdb.connect(str(Path(database).resolve()), read_only=True) as connection:
                promised = connection.execute(
                    f"select schema_name, table_name, row_count, run_id from {schema}.{name}"
                ).fetchall()
                for table_schema, table, count, _ in promised:
                    [(found,)] = connection.execute(
                        f'select count(*) from {table_schema}."{table}"'
                    ).fetchall()
                    if found != count:
                        seen.append(f"{table}: {found} of {count}")
                seen.append({row[3] for row in promised}.pop())
        except duckdb.Error as error:
            seen.append(f"blocked: {error}")
        time.sleep(0.2)


def test_another_seed_scores_the_same(later: Finished) -> None:
    assert later.outcome.code == 0, later.outcome.text
    assert later.house.score["seed"] == 23
    assert_perfect(later.house.score)


def test_a_second_run_changes_nothing_while_a_reader_reads(settled: Finished, tmp_path: Path) -> None:
    house = settled.house
    assert settled.outcome.code == 0 and house.delivery["sent"] == 0, settled.outcome.text
    before, first = house.keep_serving(tmp_path / "first.duckdb"), house.summary["run_id"]
    spawn = multiprocessing.get_context("spawn")
    with spawn.Manager() as manager:
        stop, seen = spawn.Event(), manager.list()
        reader = spawn.Process(
            target=_read_without_end, args=(str(house.home / "serving" / DATABASE), stop, seen)
        )
        reader.start()
        again = house.demo(*LATER, "--as-of", "2026-06-30")
        time.sleep(1)
        stop.set()
        reader.join(30)
        read = list(seen)
    assert again.code == 0, again.text
    assert house.summary["changed_rows"] == 0
    assert (house.delivery["sent"], house.delivery["unchanged"]) == (0, len(outbox(house)))
    assert differences(before, house.home / "serving" / DATABASE) == {}
    # The reader saw the first refresh whole, then the second whole, and nothing else.
    assert len(read) > 5 and list(dict.fromkeys(read)) == [first, house.summary["run_id"]]


def test_a_rebuild_from_landing_and_state_gives_the_same_and_sends_nothing(
    settled: Finished, tmp_path: Path
) -> None:
    house = settled.house
    with Sandbox(settled.world, 0) as sandbox:
        house.serve(sandbox)
    house.variables = {**house.variables, **SAME_TOKENS}
    # Neither a source nor a target can be asked any more.
    before = house.keep_serving(tmp_path / "before.duckdb")
    landed = _landed(house.home)
    (house.home / "warehouse.duckdb").unlink()
    rebuilt = house.concord("rebuild", "--landscape", DEMO, "--home", house.home)
    assert rebuilt.code == 0, rebuilt.text
    assert differences(before, house.home / "serving" / DATABASE) == {}
    assert _landed(house.home) == landed
    assert not (house.home / "rebuild").exists()


def _landed(home: Path) -> int:
    return sum(1 for path in (home / "landing").rglob("manifest.json"))


def test_a_clean_world_is_silent_and_no_publish_sends_nothing(laboratory: Laboratory) -> None:
    house = laboratory.house
    house.empty()
    house.variables = {}
    clean = Finished(house, house.demo("--seed", "31", "--lines", "1200", "--faults", "none", "--no-publish"))
    assert clean.outcome.code == 0, clean.outcome.text
    assert house.query("select code, severity, native_id from controls.exc_exception") == []
    assert house.score["unlabelled_findings"] == 0
    assert (house.delivery["mode"], house.delivery["sent"]) == ("off", 0)
    assert "--no-publish" in house.delivery["note"]
    with Sandbox(clean.world, 0) as sandbox:
        assert posted(sandbox) == []
