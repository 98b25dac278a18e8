"""An exclusion list in the LEIE layout comes through the feed as the demo's landscape maps it."""

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import yaml

from ingestion.configuration.landscape import LandscapeError
from tests.conftest import ROOT
from tests.ingestion.conftest import Harness

HEADER = (
    *("LASTNAME", "FIRSTNAME", "MIDNAME", "BUSNAME", "GENERAL", "SPECIALTY", "UPIN", "NPI", "DOB"),
    *("ADDRESS", "CITY", "STATE", "ZIP", "EXCLTYPE", "EXCLDATE", "REINDATE", "WAIVERDATE", "WVRSTATE"),
)
BUSINESS = {"BUSNAME": "HARBOR LINEN, INC.", "NPI": "0000000000", "STATE": "IL", "EXCLDATE": "20240520"}
PERSON = {"LASTNAME": "DOE", "FIRSTNAME": "JANE", "DOB": "19700101", "NPI": "1234567893", "ZIP": "45801"}
# So many that one who is gone is no shrunken file.
OTHERS = [{**PERSON, "EXCLDATE": f"202501{day:02}"} for day in range(1, 31)]
NO_DAYS = {"REINDATE": "00000000", "WAIVERDATE": "00000000"}
ENTRIES = """
    select business_name, last_name, npi, excluded_on, reinstated_on, _is_deleted
    from raw_feed.screening_entry
"""


@pytest.fixture
def home(harness: Callable[..., Harness], tmp_path: Path) -> Harness:
    demo = yaml.safe_load((ROOT / "landscapes" / "demo" / "landscape.yaml").read_text("utf-8"))
    given = {**demo["instances"]["exclusions"], "connection": {"folder": str(tmp_path / "in")}}
    given.pop("fresh_within")
    return harness("  list: " + yaml.safe_dump(given, default_flow_style=True, width=10_000).strip() + "\n")


def put(folder: Path, name: str, *rows: dict[str, str]) -> None:
    place = folder / "in" / "screening_entry" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, HEADER, restval="", quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows({**NO_DAYS, **row} for row in rows)


def test_the_layout_of_the_leie_is_read_and_its_zeros_are_nothing(home: Harness, tmp_path: Path) -> None:
    put(
        tmp_path, "UPDATED_20260610.csv", BUSINESS, {**PERSON, "EXCLDATE": "20250101", "REINDATE": "20260601"}
    )
    _, loaded = home.refresh()
    assert (loaded["feed"].new_version_rows, loaded["feed"].rejected_rows) == (2, 0)
    assert home.query(f"{ENTRIES} order by excluded_on") == [
        ("HARBOR LINEN, INC.", None, "0000000000", date(2024, 5, 20), None, False),
        (None, "DOE", "1234567893", date(2025, 1, 1), date(2026, 6, 1), False),
    ]
    assert home.query("select list_code, count(*) from raw_feed.screening_entry group by all") == [
        ("LEIE", 2)
    ]


def test_a_date_of_birth_is_not_kept(home: Harness, tmp_path: Path) -> None:
    put(tmp_path, "UPDATED.csv", {**PERSON, "EXCLDATE": "20250101"})
    home.refresh()
    [(extension,)] = home.query("select _extension from raw_feed.screening_entry")
    assert "19700101" not in extension and '"DOB": "***"' in extension


def test_the_next_edition_ends_who_is_not_on_it_and_is_remembered_also_without_a_change(
    home: Harness, tmp_path: Path
) -> None:
    put(tmp_path, "UPDATED_20260510.csv", BUSINESS, *OTHERS)
    home.refresh()
    put(tmp_path, "UPDATED_20260610.csv", *OTHERS)
    _, loaded = home.refresh()
    assert loaded["feed"].deleted_rows == 1
    gone = "qualify row_number() over (partition by _row_key order by _version desc) = 1 and _is_deleted"
    assert [row[0] for row in home.query(f"{ENTRIES} {gone}")] == ["HARBOR LINEN, INC."]
    put(tmp_path, "UPDATED_20260710.csv", *OTHERS)
    home.refresh()
    editions = "select file_date from raw_concord.load_batch where table_name = 'screening_entry' order by 1"
    assert home.query(editions) == [(date(2026, 5, 10),), (date(2026, 6, 10),), (date(2026, 7, 10),)]


def test_numbers_are_not_rewritten(harness: Callable[..., Harness], tmp_path: Path) -> None:
    rule = "columns: {payment: {amount: {rewrite: ['^0+$', '']}}}"
    home = harness(f"  list:\n    system: feed\n    connection: {{folder: {tmp_path}}}\n    {rule}\n")
    with pytest.raises(LandscapeError, match="no plain text or date"):
        home.run()
