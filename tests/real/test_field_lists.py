"""Contracts against field lists that vendors publish, and what a release of one changed."""

import csv
import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from concord.cli import main
from concord.contract_check import list_changes, missing_paths
from ingestion.contracts.published import paths_in, read_field_list
from ingestion.registry import SYSTEMS

LISTS = Path(__file__).parents[3] / "shared" / "data" / "vendor_api_schemas"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not LISTS.is_dir(), reason="the published field lists are not beside the checkout"),
]
R33, R35 = (LISTS / f"coupa_{release}_fields.csv.gz" for release in ("R33", "R35"))
Row = tuple[str, str, str]


def plain_rows(path: Path) -> dict[Row, tuple[str, str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        return {
            (row["api_module"], row["definition"], row["property"]): (
                row["type"],
                row["format"],
                row["required"],
            )
            for row in csv.DictReader(lines)
        }


def test_the_differences_of_two_releases_are_exactly_those_of_the_lists() -> None:
    before, after = plain_rows(R33), plain_rows(R35)
    both = before.keys() & after.keys()
    expected = {
        "added": after.keys() - before.keys(),
        "removed": before.keys() - after.keys(),
        "retyped": {key for key in both if before[key][:2] != after[key][:2]},
        "nullability": {key for key in both if before[key][2] != after[key][2]},
    }
    found = list_changes(SYSTEMS["procurement"], read_field_list(R33), read_field_list(R35))
    shown = {
        kind: {(*change.entity.split(".", 1), change.field) for change, _ in found if change.kind == kind}
        for kind in expected
    }
    assert shown == expected
    assert len(found) == sum(len(keys) for keys in expected.values())
    assert {kind: len(keys) for kind, keys in expected.items()} == {
        "added": 1396,
        "removed": 569,
        "retyped": 182,
        "nullability": 2,
    }
    assert [(change.field, columns) for change, columns in found if columns] == [
        ("status", (("supplier", "status"),))
    ]


@pytest.mark.parametrize(
    ("system", "path", "least"),
    [("procurement", R35, 60), ("erp_cloud", LISTS / "sap_s4hana_odata_fields.csv", 60)],
)
def test_a_contract_reads_what_is_published(system: str, path: Path, least: int) -> None:
    listed = read_field_list(path)
    assert missing_paths(SYSTEMS[system], listed) == []
    assert len(list(paths_in(SYSTEMS[system], listed))) >= least


@pytest.mark.slow
def test_a_release_names_the_canonical_columns_it_hits(tmp_path: Path) -> None:
    lists = ["--field-list", str(R35), "--against", str(R33)]
    demo = str(Path(__file__).parents[2] / "landscapes" / "demo")
    check = ["contract", "check", "--instance", "procurement", "--landscape", demo, "--json"]
    result = CliRunner().invoke(main, [*check, *lists, "--home", str(tmp_path)])
    assert result.exit_code == 3, result.output
    report = json.loads(result.stdout[result.stdout.index("{") :])
    [touched] = [impact for impact in report["impacts"] if impact["raw"]]
    assert touched["raw"] == ["raw_procurement.supplier.status"]
    assert "can_supplier.status" in touched["hits"]["canonical"]
    assert "out_erp_cloud__supplier.status" in touched["hits"]["outbox"]
    assert len(report["impacts"]) == 1396 + 569 + 182 + 2
