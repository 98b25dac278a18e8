"""What holds for every file: charters, size, no machine in the text, one reader of the environment."""

import ast
import csv
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.configuration.landscape_file import LandscapeError
from ingestion.configuration.seeds import read_seeds
from ingestion.raw import warehouse
from ingestion.settings import VARIABLES
from tests.conftest import ROOT

ROOMS = ("concord", "dagster_project", "expectations", "ingestion", "matching", "publishing", "sandbox")
ENVIRONMENT_READER = Path("ingestion/settings.py")
MOST_LINES = 350
LANDSCAPES = sorted(path.parent for path in (ROOT / "landscapes").glob("*/landscape.yaml"))
REFERENCE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)")
# Written in parts, so that this file may be searched like any other.
MACHINE = re.compile(
    r"(?<![\w.:~])/(?:wo" + r"rk|ro" + r"ot|ho" + r"me/\w+|Us" + r"ers|opt/py" + r"pi|opt/whe" + r"els)/"
    r"|pypi\." + r"org|python" + r"hosted|docker\." + r"io|registry\.np" + r"mjs|\bgh" + r"cr\."
)
LOCK = "uv.lock"


def _tracked() -> list[Path]:
    """The files of the repository; in an unpacked archive, which has no index, the rooms and tests."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = [name for name in done.stdout.split("\0") if name]
    if not names:
        return [path for room in (*ROOMS, "tests", "dbt_project") for path in (ROOT / room).rglob("*.*")]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def _modules() -> list[Path]:
    return sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def reads_of_environment(text: str) -> list[int]:
    """Lines that reach for the process environment in any of its spellings."""
    found = []
    for node in ast.walk(ast.parse(text)):
        is_read = (
            (isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv", "EnvVar"))
            or (isinstance(node, ast.Name) and node.id in ("getenv", "EnvVar"))
            or (
                isinstance(node, ast.ImportFrom)
                and any(name.name in ("environ", "getenv", "EnvVar") for name in node.names)
            )
        )
        if is_read:
            found.append(getattr(node, "lineno", 0))
    return sorted(found)


def machine_traces(text: str) -> list[str]:
    """Paths of one machine and hosts of package registries in a text."""
    return [found.group() for found in MACHINE.finditer(text)]


def test_only_settings_read_the_environment() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in _modules()
        if path.relative_to(ROOT) != ENVIRONMENT_READER
        for line in reads_of_environment(path.read_text())
    ]
    assert not wrong, wrong


@pytest.mark.parametrize(
    "text",
    ["import os\nos.environ['A']", "from os import getenv", "import dagster as dg\ndg.EnvVar('A')"],
)
def test_other_readers_are_found(text: str) -> None:
    assert reads_of_environment(text)


def test_example_names_every_variable_and_no_other() -> None:
    example = {
        line.split("=", 1)[0]
        for line in (ROOT / ".env.example").read_text().splitlines()
        if line.strip() and not line.startswith("#")
    }
    referenced = {
        name for folder in LANDSCAPES for name in REFERENCE.findall((folder / "landscape.yaml").read_text())
    }
    assert example == set(VARIABLES) | referenced


@pytest.mark.parametrize("landscape", LANDSCAPES, ids=lambda path: path.name)
def test_seeds_of_shipped_landscapes_are_valid(landscape: Path) -> None:
    read_seeds(landscape / "seeds")


def test_a_wrong_seed_header_is_refused(tmp_path: Path) -> None:
    (tmp_path / "route.csv").write_text("code_pattern,owner\nPRICE_OVER,buyer\n")
    with pytest.raises(LandscapeError, match="owner"):
        read_seeds(tmp_path)


def ragged(text: str) -> list[int]:
    """Lines of a CSV file with more or fewer values than its header, as dbt and a spreadsheet count them."""
    rows = list(csv.reader(text.splitlines()))
    return [number for number, row in enumerate(rows, 1) if row and len(row) != len(rows[0])]


def test_seeds_have_a_value_for_every_column() -> None:
    seeds = sorted({*ROOT.glob("dbt_project/seeds/*.csv"), *ROOT.glob("landscapes/*/seeds/*.csv")})
    found = {str(path.relative_to(ROOT)): ragged(path.read_text(encoding="utf-8")) for path in seeds}
    assert len(found) > 5
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_ragged_lines_are_found() -> None:
    assert ragged('code,text\nA,"one, two"\nB,one, two\nC\n') == [3, 4]


def test_no_machine_in_the_text() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {trace}"
        for path in _tracked()
        if path.name != LOCK
        for trace in machine_traces(path.read_text(encoding="utf-8", errors="ignore"))
    ]
    assert not wrong, "\n".join(wrong)


def test_machine_traces_are_found() -> None:
    assert machine_traces("open('" + "/ro" + "ot/data/x.csv')")
    assert machine_traces("index-url = https://py" + "pi.org/simple")
    assert not machine_traces("GET /rooms/1, ./work/x, https://example.test/root/x")


def test_every_module_has_a_charter() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in _modules()
        if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert not silent, silent


def _long_modules() -> Iterator[str]:
    for path in _modules():
        lines = len(path.read_text().splitlines())
        if lines > MOST_LINES:
            yield f"{path.relative_to(ROOT)}: {lines} lines"


def test_modules_stay_small() -> None:
    assert not list(_long_modules())


def test_loads_go_through_files_of_columns() -> None:
    assert (warehouse.LOADER_FILE_FORMAT, warehouse.MODEL) == ("parquet", "model")
    resources = [
        node
        for path in (ROOT / "ingestion").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "dlt.resource"
    ]
    formats = [
        [ast.unparse(word.value) for word in call.keywords if word.arg == "file_format"] for call in resources
    ]
    assert formats and all(names == ["MODEL if queries else LOADER_FILE_FORMAT"] for names in formats)
