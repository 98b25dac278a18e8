"""Landscapes: typos and bad values name file, line and what is allowed; the shipped ones load."""

import csv
import re
from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.configuration.landscape import LandscapeError, load_landscape
from ingestion.configuration.landscape_file import references
from ingestion.configuration.seed_rules import CLOSE_CHECKS, PARAMETERS
from ingestion.configuration.seeds import DEFAULTS
from ingestion.raw.raw_schema import SEEDS
from ingestion.registry import SYSTEMS
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


def test_seed_rows_that_contradict_each_other_are_named(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "parameter.csv").write_text(
        "parameter_code,entity,value,valid_from,valid_to\n"
        "ACCRUAL_WINDOW_DAYS,,10,,2026-07-01\n"
        "ACRUAL_WINDOW_DAYS,,10,,\n"
        "accrual_window_days,,7,2026-06-30,\n"
        "ACCRUAL_WINDOW_DAYS,LH01,5,,\n"
        "OWN_GRACE_DAYS,,3,,\n"
    )
    (tmp_path / "seeds" / "accrual_owner.csv").write_text(
        "legal_entity_code,doc_class,account_code,source_instance,valid_from,valid_to\n"
        "LH01,RECEIPT,210000,erp,,2026-01-01\n"
        "LH01,RECEIPT,220000,erp,2026-01-01,\n"
        "LH01,RECEIPT,230000,erp,2026-03-01,2026-04-01\n"
    )
    (tmp_path / "seeds" / "posting_owner.csv").write_text(
        "legal_entity_code,doc_class,open_item_rule,target_instance,valid_from,valid_to\n"
        "LH01,INVOICE,follows_order,old,,2026-02-01\n"
        "LH01,INVOICE,,new,2026-02-01,\n"
        "LH02,INVOICE,OLDEST,old,,2026-02-01\n"
        "LH02,INVOICE,OLDEST,new,2026-01-01,\n"
    )
    said = complaints(tmp_path, GOOD)
    assert (
        "parameter.csv:3: column parameter_code: no rule asks for 'ACRUAL_WINDOW_DAYS'; did you mean" in said
    )
    assert "parameter.csv:4: ACCRUAL_WINDOW_DAYS is answered by line 2 for the same days" in said
    assert "accrual_owner.csv:4: LH01, RECEIPT is answered by line 3 for the same days" in said
    assert "posting_owner.csv:3: column open_item_rule: not that of line 2" in said
    assert "posting_owner.csv:4: column open_item_rule: no model knows 'OLDEST'; known: FOLLOWS_ORDER" in said
    assert "posting_owner.csv:5: LH02, INVOICE is answered by line 4 for the same days" in said
    assert len(re.findall(r"\.csv:\d+: ", said)) == 7


def test_the_known_parameters_are_those_the_models_ask_for() -> None:
    models = Path(__file__).parents[2] / "dbt_project"
    text = "".join(path.read_text() for path in models.glob("m*/**/*.sql"))
    asked = re.findall(r"parameter_code = '([A-Z_]+)'", text)
    for group in re.findall(r"parameter_code in \(([^)]*)\)", text):
        asked += re.findall(r"'([A-Z_]+)'", group)
    assert set(asked) == PARAMETERS


def test_a_check_of_a_close_is_one_that_a_model_answers(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "close_check.csv").write_text(
        "check_code,owner_role,is_blocking,weight\n"
        "unposted_invoice,accounts_payable,true,0\n"
        "INTERCOMPANY,finance_support,true,1\n"
        "IRNG_AGED,finance_support,false,-1\n"
        "UNPOSTED_INVOICE,finance_support,true,2\n"
    )
    said = complaints(tmp_path, GOOD)
    assert "close_check.csv:3: column check_code: no model answers 'INTERCOMPANY'; known: BANK_" in said
    assert "close_check.csv:4: column weight: IRNG_AGED needs a weight of 0 or more" in said
    assert "close_check.csv:5: UNPOSTED_INVOICE is answered by line 2" in said
    assert len(re.findall(r"\.csv:\d+: ", said)) == 3


def test_the_checks_of_a_close_are_those_the_models_answer() -> None:
    model = Path(__file__).parents[2] / "dbt_project/models/controls/close/int_close__answer.sql"
    asked = re.findall(r"^        \('([A-Z_]+)',", model.read_text(), re.MULTILINE)
    with (DEFAULTS / "close_check.csv").open(newline="") as file:
        shipped = [row["check_code"] for row in csv.DictReader(file)]
    assert sorted(asked) == sorted(shipped) == sorted(CLOSE_CHECKS)


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
    lists = {name: instance.system for name, instance in demo.instances.items() if "exclusions" in name}
    assert lists == dict.fromkeys(("exclusions", "exclusions_state"), "feed")
    assert {name: each.system for name, each in demo.instances.items()} == lists | {
        name: name for name in demo.instances if name not in lists
    }
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
