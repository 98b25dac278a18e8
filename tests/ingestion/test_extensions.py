"""Undeclared fields keep their place; what is named like a tax or bank id or a patient loses its value."""

import json

import pytest

from ingestion.formats.extensions import MASK, extension_text


@pytest.mark.parametrize(
    "name",
    [
        *("FEIN", "SSN Number", "Vendor SSN", "Acct No", "acctNo", "Sort Code", "Federal ID", "vendor_tin"),
        *("VendorTIN", "supplier ein", "tax-id", "Bank Account", "ABA", "date of birth"),
        *("Patient Name", "MRN"),
    ],
)
def test_an_identifier_by_name_is_masked(name: str) -> None:
    assert json.loads(extension_text({name: "123-45-6789"})) == {name: MASK}


@pytest.mark.parametrize("name", ["Starting", "Protein", "account", "cabana", "antimony", "basin", "vintage"])
def test_a_word_that_only_contains_one_stays(name: str) -> None:
    assert json.loads(extension_text({name: "x"})) == {name: "x"}
