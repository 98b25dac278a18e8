"""What the environment may say, and what is refused with a remedy."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from concord.cli import main
from ingestion.settings import child_environment, load_settings


@pytest.mark.parametrize(("given", "threads"), [("", "2"), ("1", "1"), ("16", "16")])
def test_the_number_of_threads_reaches_the_models(given: str, threads: str) -> None:
    environ = {"CONCORD_MODEL_THREADS": given}
    assert child_environment(load_settings(environ), environ)["CONCORD_MODEL_THREADS"] == threads


@pytest.mark.parametrize("given", ["0", "-1", "two", "1.5"])
def test_a_number_of_threads_that_is_none_is_refused(given: str, tmp_path: Path) -> None:
    told = ["run", "--landscape", "landscapes/demo", "--home", str(tmp_path / "home")]
    done = CliRunner().invoke(main, told, env={"CONCORD_MODEL_THREADS": given})
    assert done.exit_code == 2
    assert f"CONCORD_MODEL_THREADS is '{given}'; set it to a whole number from 1 on" in done.stderr
    assert not (tmp_path / "home").exists()
