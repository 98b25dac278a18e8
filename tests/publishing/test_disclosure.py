"""Plain values appear where a request is built and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from delivery_world import StubVault

from ingestion.vault import Vault
from publishing.disclosure import Disclosure, MissingTokenError
from publishing.transports import NotTakenError


def test_a_token_becomes_its_value_and_the_value_is_scrubbed_however_spelled() -> None:
    disclosure = Disclosure(StubVault(t="912345678", i="DE89370400440532013000"))
    assert disclosure.scrub("912345678") == "912345678"
    assert (disclosure.plain("tax id", "t"), disclosure.plain("tax id", None)) == ("912345678", None)
    disclosure.plain("iban", "i")
    text = "TaxNumber1 912345678, 91-2345678 or 91 234 5678; iban de89 3704 0044 0532 0130 00."
    assert disclosure.scrub(text) == "TaxNumber1 ***, *** or ***; iban ***."


def test_an_unknown_token_names_the_column_and_not_the_token() -> None:
    with pytest.raises(MissingTokenError, match="no value for the tax id") as caught:
        Disclosure(StubVault()).plain("tax id", "v1:abc")
    assert "v1:abc" not in str(caught.value)


def test_a_vault_under_another_key_stops_the_delivery_and_keeps_its_messages(tmp_path: Path) -> None:
    Vault(tmp_path / "vault.sqlite", b"one").put({"t": "912345678"})
    with pytest.raises(NotTakenError, match="another key") as caught:
        Disclosure(Vault(tmp_path / "vault.sqlite", b"two")).plain("tax id", "t")
    assert not caught.value.retry
