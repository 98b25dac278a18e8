"""What other applications call a finding: each name is of a code, owned as routed, and found both ways."""

import csv
from pathlib import Path

import pytest

from concord.explaining import APPLICATIONS, CODES, VOCABULARY, called_elsewhere, codes_called, explain_code
from tests.conftest import ROOT


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _route_owner(code: str, routes: list[dict[str, str]]) -> str | None:
    """The owner by the most specific pattern, as `int_exception__route` chooses it."""
    fitting = [
        row
        for row in routes
        if not row["entity_scope"]
        and (
            row["code_pattern"] == code
            or (row["code_pattern"].endswith("*") and code.startswith(row["code_pattern"][:-1]))
        )
    ]
    fitting.sort(key=lambda row: (row["code_pattern"] == code, len(row["code_pattern"])))
    return fitting[-1]["owner_role"] if fitting else None


def test_each_name_is_of_a_code_whose_owner_is_the_routes() -> None:
    owners = {row["code"]: row["owner_role"] for row in _rows(CODES)}
    routes = _rows(ROOT / "landscapes" / "demo" / "seeds" / "route.csv")
    named = {row["code"] for row in _rows(VOCABULARY)}
    assert named <= set(owners)
    routed = {code: _route_owner(code, routes) for code in named}
    assert {code: owner for code, owner in routed.items() if owner and owner != owners[code]} == {}
    assert sum(owner is not None for owner in routed.values()) >= 10


def test_each_name_stands_once_and_in_an_application_there_is() -> None:
    rows = _rows(VOCABULARY)
    keys = [(row["code"], row["vocabulary"], row["name"]) for row in rows]
    assert len(keys) == len(set(keys))
    assert {row["vocabulary"] for row in rows} == set(APPLICATIONS)
    assert {row["is_assumed"] for row in rows} == {"true", "false"}


def test_a_code_says_what_it_is_called_elsewhere() -> None:
    assert called_elsewhere("UOM_RATIO") == "SAP BR, BW"
    assert called_elsewhere("NOT_ACCEPTED").startswith("SAP DQ (on the accepted quantity); Oracle QTY not")
    assert called_elsewhere("BANK_SHARED") == ""
    said = explain_code("AWAITING_RECEIPT")
    assert said and said.called == "SAP DW; Oracle QTY REC (assumed); Coupa pending_receipt (assumed)"


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("qty rec", ["QTY_OVER_RECEIVED", "AWAITING_RECEIPT"]),
        ("PP", ["PRICE_OVER"]),
        ("DIST ACCT INVALID", ["DERIVATION_FAILED"]),
        ("no such hold", []),
    ],
)
def test_a_name_of_theirs_leads_to_our_codes(name: str, codes: list[str]) -> None:
    assert codes_called(name) == codes
