"""Names, addresses and identifiers as they are compared."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.names import read_names
from matching.places import read_domain, read_phone, read_place
from matching.profile import profile_of, profiles_of
from matching.records import RecordError, check_records, content_hash
from tests.matching.conftest import record, table_of


@pytest.mark.parametrize(
    ("text", "cores"),
    [
        ("Zellart Medical, Inc.", ["zellart medical"]),
        ("ZELLART MED INC", ["zellart medical"]),
        ("Brandt & Oakes L.L.C.", ["brandt oakes"]),
        ("Brandt and Oakes", ["brandt oakes"]),
        ("Dralonn Supply dba Harbor Linen", ["dralonn supply", "harbor linen"]),
        ("Dralonn Supply D/B/A Harbor Linen", ["dralonn supply", "harbor linen"]),
        ("Dralonn Supply F/K/A Old Harbor LLC", ["dralonn supply", "old harbor"]),
        ("Zellart Medical - REMIT TO", ["zellart medical"]),
        ("Zellart Medical (DO NOT USE)", ["zellart medical"]),
        ("The Company Inc", ["the company inc"]),
        ("J. P. Weiss, M.D.", ["jp weiss md"]),
        ("Société Générale d'Optique SARL", ["societe generale doptique"]),
        ("ACME SERVICES /DE/", ["acme services"]),
        ("  ", []),
        (None, []),
    ],
)
def test_names_lose_their_dress(text: str | None, cores: list[str]) -> None:
    assert [name.core for name in read_names(text)] == cores


@pytest.mark.parametrize(
    ("text", "core"),
    [
        ("Northwick Surgical Supply Corp", "northwick surgical supply"),
        ("Northwick Surgical Supply, Lim", "northwick surgical supply"),
    ],
)
def test_a_cut_legal_form_is_none(text: str, core: str) -> None:
    assert read_names(text, width=30)[0].core == core


def test_without_a_width_nothing_is_cut() -> None:
    assert read_names("Northwick Surgical Supply, Lim")[0].core == "northwick surgical supply lim"


@given(st.text(max_size=60))
def test_reading_a_name_twice_changes_nothing(text: str) -> None:
    for name in read_names(text):
        assert name.core and name.core == name.core.strip()


@pytest.mark.parametrize(
    ("line1", "line2", "street", "number"),
    [
        ("100 North Main Street, Suite 4", None, "100 n main st", "100"),
        ("100 N. MAIN ST STE. 4", None, "100 n main st", "100"),
        ("100 N Main St", "Suite 4", "100 n main st", "100"),
        ("P.O. Box 991", None, "box 991", "box 991"),
        ("Post Office Box 991", None, "box 991", "box 991"),
        ("Attn: Billing", "12 Elm Ave", "attn billing", ""),
        (None, "12 Elm Avenue", "12 elm ave", "12"),
    ],
)
def test_streets_are_read_alike(line1: str | None, line2: str | None, street: str, number: str) -> None:
    place = read_place(line1, line2, "il", "60601-1234", "US")
    assert place and (place.street, place.number, place.postal_code, place.region) == (
        street,
        number,
        "60601",
        "IL",
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [("2138", "02138"), ("02138", "02138"), ("021381234", "02138"), ("00000", ""), ("99999", ""), (None, "")],
)
def test_american_postal_codes_have_five_digits(text: str | None, code: str) -> None:
    place = read_place("1 Elm St", None, "MA", text, "US")
    assert place and place.postal_code == code


def test_british_postal_codes_stay() -> None:
    place = read_place("1 Elm Street", None, None, "sw1a 1aa", "GB")
    assert place and place.full == "1 elm st|SW1A1AA"


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("(312) 664-0199", "3126640199"),
        ("+1 312 664 0199 ext. 12", "3126640199"),
        ("555-555-5555", None),
        ("000-0000", None),
        ("312-555-0123", None),
        ("12", None),
        (None, None),
    ],
)
def test_made_up_telephones_are_absent(text: str | None, digits: str | None) -> None:
    assert read_phone(text) == digits


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("AR@Zellart.com", "zellart.com"),
        ("https://www.zellart.com/pay", "zellart.com"),
        ("someone@gmail.com", None),
        ("not a mail", None),
    ],
)
def test_domains_that_anybody_has_are_absent(text: str, domain: str | None) -> None:
    assert read_domain(text) == domain


@pytest.mark.parametrize(
    ("verdict", "is_kept"),
    [("VALID", True), ("PLACEHOLDER", False), ("INVALID_FORMAT", False), (None, False)],
)
def test_only_valid_tax_ids_are_compared(verdict: str | None, is_kept: bool) -> None:
    profile = profile_of(record("a", "Zellart", tax="123456780") | {"tax_id_verdict": verdict})
    assert (profile["tax"] is not None) == is_kept
    assert bool(profile["tax_near"]) == is_kept


def test_identifiers_are_typed_and_placeholders_absent() -> None:
    profile = profile_of(
        record("a", "Zellart", duns="06-000-0001", npi="0000000000", uei="ABCDEFGHJK12", lei="999")
    )
    assert profile["ids"] == ["duns:060000001", "uei:ABCDEFGHJK12"]
    assert profile["id_schemes"] == ["duns", "uei"]


def test_bank_values_stay_the_tokens_they_are() -> None:
    row = record("a", "Zellart", bank="12345678")
    assert profile_of(row)["banks"] == row["bank_accounts"]


def test_the_content_hash_ignores_order_and_sees_changes() -> None:
    row = record("a", "Zellart") | {"phones": ["3126640199", "3126640198"]}
    assert content_hash(row) == content_hash(row | {"phones": ["3126640198", "3126640199"]})
    assert content_hash(row) != content_hash(row | {"phones": ["3126640198"]})
    assert content_hash(row) != content_hash(row | {"legal_name": "Zellart Inc"})


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (pa.table({"record_key": ["a"], "color": ["red"]}), "color"),
        (pa.table({"legal_name": ["a"]}), "record_key is missing"),
        (pa.table({"record_key": ["a", "a"]}), "stands twice"),
        (pa.table({"record_key": ["a", None]}), "no record_key"),
    ],
)
def test_tables_of_another_shape_are_refused(table: pa.Table, words: str) -> None:
    with pytest.raises(RecordError, match=words):
        check_records(table)


def test_missing_optional_columns_are_nulls() -> None:
    assert profiles_of(pa.table({"record_key": ["a"]})).to_pylist()[0]["names"] == []


def test_profiles_keep_the_order_of_rows() -> None:
    rows = [record(key, "Zellart") for key in "cab"]
    assert profiles_of(table_of(rows))["record_key"].to_pylist() == ["c", "a", "b"]
