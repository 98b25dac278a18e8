"""Landscapes: typos and bad values name file, line and what is allowed; the shipped ones load."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.landscape import LandscapeError, load_landscape
from ingestion.landscape_file import references
from ingestion.raw_schema import SEEDS
from ingestion.registry import SYSTEMS
from ingestion.seeds import DEFAULTS
from ingestion.settings import VARIABLES

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "landscapes" / "demo"
GOOD = """\
name: test
environment: test
currency: USD
timezone: America/Chicago
instances:
  erp:
    system: feed
    connection:
      folder: ./in
publishing:
  apauto:
    mode: dry_run
    limits: {max_count: 10, max_amount: 1000.50}
"""


def complaints(folder: Path, text: str, **environ: str) -> str:
    (folder / "landscape.yaml").write_text(text)
    with pytest.raises(LandscapeError) as caught:
        load_landscape(folder, environ)
    return str(caught.value)


@pytest.mark.parametrize(
    ("before", "after", "line", "words"),
    [
        ("currency:", "curency:", 3, "unknown key 'curency'; allowed: name, environment, currency"),
        (
            "    system: feed",
            "    system: fed",
            7,
            "unknown system 'fed'; allowed: apauto, distributor, erp_cloud, erp_legacy, feed",
        ),
        ("      folder:", "      foldr:", 9, "unknown connection key 'foldr' for feed; allowed: folder"),
        ("environment: test", "environment: tst", 2, "allowed: 'sandbox', 'dev', 'test', 'qa' or 'prod'"),
        (
            "    system: feed",
            "    system: feed\n    owner: me",
            8,
            "allowed: system, environment, connection",
        ),
        ("    mode: dry_run", "    mode: sometimes", 12, "allowed: 'off', 'dry_run', 'shadow' or 'live'"),
        ("max_count: 10", "max_cont: 10", 13, "unknown key 'max_cont'; allowed: max_count, max_amount"),
        (
            "publishing:",
            "partitions: {grain: week, starts_on: 2026-01-01}\npublishing:",
            10,
            "allowed: 'month' or 'day'",
        ),
        (
            "publishing:",
            "partitions: {grain: day, starts_on: 2026-01-02, ends_on: 2026-01-01}\npublishing:",
            10,
            "ends_on 2026-01-01 is not after starts_on 2026-01-02",
        ),
        ("America/Chicago", "America/Chicagoo", 4, "unknown time zone"),
        ("./in", "${FEED_FOLDER}", 9, "environment variable FEED_FOLDER is not set"),
        ("name: test", "name: test\nname: again", 2, "found duplicate key"),
        ("  erp:", "  Erp-1:", 6, "must be lower case"),
    ],
)
def test_a_mistake_names_line_and_allowed(
    tmp_path: Path, before: str, after: str, line: int, words: str
) -> None:
    said = complaints(tmp_path, GOOD.replace(before, after, 1))
    assert f"landscape.yaml:{line}: " in said
    assert words in said


def test_seed_mistakes_name_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "tolerance.csv").write_text(
        "check,upper_pct,action\nPRICE,0.02,\nPRICE,two percent,\n"
    )
    (tmp_path / "seeds" / "uom.csv").write_text("uom_code,colour\nEA,red\n")
    (tmp_path / "seeds" / "holidays.csv").write_text("day\n")
    said = complaints(tmp_path, GOOD)
    assert re.search(r"tolerance\.csv:3: column upper_pct: 'two percent' is not a number", said)
    assert re.search(r"uom\.csv:1: unknown column 'colour'; allowed: uom_code, name", said)
    assert "holidays.csv: unknown seed file" in said


def _has_default(name: str) -> bool:
    return (DEFAULTS / f"{name}.csv").is_file()


def test_a_good_landscape(tmp_path: Path) -> None:
    (tmp_path / "landscape.yaml").write_text(GOOD)
    landscape = load_landscape(tmp_path, {})
    assert landscape.instances["erp"].connection["folder"] == str((tmp_path / "in").resolve())
    assert landscape.publishing["apauto"].limits.max_amount == Decimal("1000.5")
    own = {name: table.num_rows for name, table in landscape.seeds.items() if not _has_default(name)}
    assert own == {name: 0 for name in SEEDS if not _has_default(name)}
    assert landscape.seeds["tolerance"].num_rows > 5, "a landscape without tolerances gets the defaults"


def test_the_token_key_is_needed_in_prod_only(tmp_path: Path) -> None:
    text = GOOD.replace("environment: test", "environment: prod") + "token_key: ${CONCORD_TOKEN_KEY}\n"
    assert "CONCORD_TOKEN_KEY is not set" in complaints(tmp_path, text)
    (tmp_path / "landscape.yaml").write_text(text.replace("prod", "test"))
    assert load_landscape(tmp_path, {}).token_key is None


def test_the_shipped_landscapes_load() -> None:
    environ = dict.fromkeys(references(DEMO / "landscape.yaml"), "1")
    demo = load_landscape(DEMO, environ)
    assert [instance.system for instance in demo.instances.values()] == list(demo.instances)
    assert demo.publishing["apauto"].mode == "live" and demo.seeds["tolerance"].num_rows > 5
    gstt = load_landscape(ROOT / "landscapes" / "gstt", {})
    assert gstt.instances["gstt"].system == "uk_spend" and not gstt.publishing
    assert set(SYSTEMS) == {
        *("procurement", "apauto", "inventory", "erp_cloud", "erp_legacy", "sourcing", "uk_spend", "feed"),
        *("workforce", "distributor"),
    }


def test_the_example_environment_lists_every_variable_read() -> None:
    read = set(VARIABLES)
    for path in (ROOT / "landscapes").glob("*/landscape.yaml"):
        read |= references(path)
    listed = re.findall(r"^([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(read)
