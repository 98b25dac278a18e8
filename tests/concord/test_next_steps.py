"""`concord check` ends with what to do next, in one line each, whatever it found."""

import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from concord.commands_init import init
from concord.commands_run import check

ERP = """\
  erp:
    system: apauto
    connection: {url: 'http://127.0.0.1:9', api_key: '${SECRET}', api_secret: '${SECRET}'}
"""


@pytest.fixture
def landscape(tmp_path: Path) -> Path:
    assert CliRunner().invoke(init, [str(tmp_path / "hospital")]).exit_code == 0
    return tmp_path / "hospital"


def checked(landscape: Path) -> Result:
    arguments = ["--landscape", str(landscape), "--home", str(landscape.parent / "home")]
    return CliRunner().invoke(check, arguments, env={"SECRET": "s"})


def steps(result: Result) -> list[str]:
    return [line.strip() for line in result.stdout.partition("Next\n")[2].splitlines()]


def deliver(landscape: Path, text: str = "supplier_id,legal_name\nS1,Alpha\n") -> None:
    (landscape / "in" / "supplier.csv").write_text(text)


def test_all_well_leads_to_a_run_that_sends_nothing(landscape: Path) -> None:
    deliver(landscape)
    result = checked(landscape)
    assert result.exit_code == 0
    assert steps(result) == [
        f"concord run --landscape {landscape} --no-publish    (loads and judges, sends nothing)"
    ]


def test_after_a_first_run_it_leads_to_the_next(landscape: Path) -> None:
    deliver(landscape)
    (landscape.parent / "home" / "serving").mkdir(parents=True)
    (landscape.parent / "home" / "serving" / "concord.duckdb").touch()
    assert steps(checked(landscape)) == [f"concord run --landscape {landscape}"]


def test_each_source_that_fails_has_its_remedy(landscape: Path) -> None:
    yaml = landscape / "landscape.yaml"
    yaml.write_text(yaml.read_text() + ERP)
    result = checked(landscape)
    assert result.exit_code == 3
    assert steps(result) == [
        f"files (canonical files): put its files into {landscape / 'in'},"
        " or correct connection.folder of files",
        "erp (accounts-payable automation): start erp or correct its connection in landscape.yaml (SECRET)",
        f"then concord check --landscape {landscape}",
    ]


def test_a_refused_file_says_what_to_change_in_it(landscape: Path) -> None:
    deliver(landscape, "supplier_id\nS1\n")
    first, _ = steps(checked(landscape))
    assert first.startswith(
        "files (canonical files): supplier.csv: add a column with the header 'legal_name'"
    )


def test_an_own_model_in_the_way_is_named(landscape: Path) -> None:
    deliver(landscape)
    folder = landscape / "models" / "marts"
    folder.mkdir(parents=True)
    (folder / "mart_spend.sql").write_text("select 1\n")
    result = checked(landscape)
    assert result.exit_code == 3 and "mart_spend.sql is shipped under this name" in result.stdout
    assert steps(result)[0] == "own models: rename that file of the landscape"


def test_a_landscape_that_cannot_be_read_says_how_to_go_on(landscape: Path) -> None:
    yaml = landscape / "landscape.yaml"
    yaml.write_text(yaml.read_text().replace("currency: USD", "currency: dollars"))
    result = checked(landscape)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == f"Next: mend these, then concord check --landscape {landscape}"


def test_a_command_can_be_pasted_whatever_the_folder_is_called(tmp_path: Path) -> None:
    folder = tmp_path / "new comer"
    assert CliRunner().invoke(init, [str(folder)]).exit_code == 0
    deliver(folder)
    (command,) = steps(checked(folder))
    assert shlex.split(command)[:4] == ["concord", "run", "--landscape", str(folder)]
