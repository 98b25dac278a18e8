"""Tokens, verdicts and near tokens of tax ids and bank values (domain_rules 3.6.1)."""

import json
from pathlib import Path

import pytest

from ingestion.formats.extensions import extension_text
from ingestion.tokens import Tokenizer, load_key
from ingestion.vault import Vault
from tests.ingestion.conftest import FeedHarness

TOKENIZER = Tokenizer(b"key")


@pytest.mark.parametrize(
    ("kind", "value", "verdict"),
    [
        ("tax_id", "12-3456780", "VALID"),
        ("tax_id", "123456789", "PLACEHOLDER"),
        ("tax_id", "99-9999999", "PLACEHOLDER"),
        ("tax_id", "000-12-3456", "INVALID_FORMAT"),
        ("tax_id", "12-345678", "INVALID_FORMAT"),
        ("tax_id", "912-70-1234", "VALID"),
        ("tax_id", "  ", "MISSING"),
        ("routing", "021000021", "VALID"),
        ("routing", "011401533", "VALID"),
        ("routing", "021000022", "INVALID_CHECK_DIGIT"),
        ("routing", "000000000", "PLACEHOLDER"),
        ("routing", "991000021", "INVALID_FORMAT"),
        ("account", "12345", "VALID"),
        ("account", "123", "INVALID_FORMAT"),
        ("account", "1111", "PLACEHOLDER"),
        ("iban", "GB82 WEST 1234 5698 7654 32", "VALID"),
        ("iban", "DE89370400440532013000", "VALID"),
        ("iban", "DE89370400440532013001", "INVALID_CHECK_DIGIT"),
        ("iban", "DE8937040044053201300", "INVALID_FORMAT"),
        ("iban", None, "MISSING"),
    ],
)
def test_verdicts(kind: str, value: str | None, verdict: str) -> None:
    assert TOKENIZER.tokenize(kind, value).verdict == verdict  # type: ignore[arg-type]


def test_two_spellings_have_one_token_and_two_kinds_have_two() -> None:
    first, second = TOKENIZER.tokenize("tax_id", "12-3456780"), TOKENIZER.tokenize("tax_id", " 123456780 ")
    assert first == second
    assert first.token is not None and first.token.startswith("v1:") and "3456780" not in first.token
    assert TOKENIZER.tokenize("account", "123456780").token != first.token
    assert Tokenizer(b"other").tokenize("tax_id", "12-3456780").token != first.token


def test_near_tokens_meet_when_one_digit_differs() -> None:
    near = [
        json.loads(TOKENIZER.tokenize("tax_id", text).near or "[]") for text in ("123456780", "123456790")
    ]
    assert len(near[0]) == 9 and set(near[0]) & set(near[1])
    assert not set(near[0]) & set(json.loads(TOKENIZER.tokenize("tax_id", "521908437").near or "[]"))


def test_the_key_of_a_home_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    key = load_key(tmp_path, None)
    assert load_key(tmp_path, None) == key and load_key(tmp_path, "given") == b"given"
    assert (tmp_path / "token.key").stat().st_mode & 0o777 == 0o600


def test_an_undeclared_identifier_leaves_no_value_behind() -> None:
    found = {"Tax ID": "12-3456789", "bank": {"IBAN": "GB82WEST12345698765432"}, "note": "kept", "tin": ""}
    text = extension_text(found)
    assert "3456789" not in text and "GB82" not in text
    assert json.loads(text) == {"Tax ID": "***", "bank": {"IBAN": "***"}, "note": "kept", "tin": ""}


def test_a_recall_can_ask_for_a_device_and_nobody_for_a_case(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault.sqlite", b"0" * 32)
    tokenizer = Tokenizer(b"key", vault)
    device = tokenizer.tokenize_all("serial", ["sn-123"])["sn-123"].token
    case = tokenizer.tokenize_all("case", ["OR 2026/4711"])["OR 2026/4711"].token
    assert device == tokenizer.tokenize("serial", "SN123").token and vault.resolve(str(device)) == "SN123"
    assert case == tokenizer.tokenize("case", "OR-2026-4711").token and vault.resolve(str(case)) is None


def test_of_case_and_device_raw_holds_tokens_only(feed: FeedHarness) -> None:
    feed.write(
        "usage_event.csv",
        "usage_event_id,case_token,serial,patient_name\nU1,OR-4711,SN-123,Somebody\n",
    )
    feed.write(
        "invoice_line.csv",
        "invoice_line_id,invoice_id,line_amount,case_token,serial\nI1-1,I1,10.00,OR 4711,sn123\n",
    )
    feed.refresh()
    (used,) = feed.harness.query("select case_token, serial, _extension from raw_feed.usage_event")
    assert all(str(token).startswith("v1:") for token in used[:2])
    assert used[2] == '{"patient_name": "***"}'
    assert feed.harness.query("select case_token, serial from raw_feed.invoice_line") == [used[:2]]
