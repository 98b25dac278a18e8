"""The vault: plain tax and bank values behind their tokens, in no other file than the landing copy."""

from pathlib import Path

import pytest

from ingestion.configuration.landscape import LandscapeError
from ingestion.runs import start_run
from ingestion.settings import load_settings
from ingestion.tokens import Tokenizer
from ingestion.vault import Vault, VaultError, open_vault
from tests.ingestion.conftest import FeedHarness

PLAIN = {"tax": "36-1734562", "account": "000123987645", "routing": "021000021", "odd": "not a tax id 77182"}


def test_what_is_put_comes_back_under_the_same_key_only(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault.sqlite", b"key")
    assert vault.resolve("v1:a") is None and not vault.path.exists()
    assert vault.put({"v1:a": "361734562", "v1:b": "tax"}) == 2
    assert vault.put({"v1:a": "361734562", "v1:c": "more"}) == 1
    assert Vault(vault.path, b"key").resolve("v1:a") == "361734562"
    assert vault.resolve("v1:z") is None
    with pytest.raises(VaultError, match="sealed with another key; set the CONCORD_VAULT_KEY"):
        Vault(vault.path, b"other").resolve("v1:a")
    assert vault.path.stat().st_mode & 0o077 == 0
    assert b"361734562" not in vault.path.read_bytes()


def test_many_values_at_once(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault.sqlite", b"key")
    values = {f"v1:{number}": str(number) for number in range(1200)}
    assert vault.put(values) == 1200 and vault.put(values) == 0
    assert vault.resolve("v1:1199") == "1199"


def test_a_tokenizer_leaves_each_value_normalized_under_its_token(tmp_path: Path) -> None:
    vault = open_vault(tmp_path, None)
    tokenizer = Tokenizer(b"token key", vault)
    made = tokenizer.tokenize_all("tax_id", ["36-1734562", "361734562", None, ""])
    assert made["36-1734562"].token == made["361734562"].token
    assert vault.resolve(str(made["361734562"].token)) == "361734562"
    assert (tmp_path / "vault.key").stat().st_mode & 0o077 == 0
    assert open_vault(tmp_path, None).resolve(str(made["361734562"].token)) == "361734562"


def test_plain_values_stand_nowhere_but_in_the_landing_copy(feed: FeedHarness) -> None:
    feed.write(
        "supplier.csv",
        "supplier_id,legal_name,tax_id,w9_date\n"
        f"S1,A,{PLAIN['tax']},\nS2,B,{PLAIN['odd']},\nS3,C,{PLAIN['tax']},never\n",
    )
    feed.write(
        "supplier_bank_account.csv",
        "bank_account_id,supplier_id,routing_number,account_number,valid_from\n"
        f"B1,S1,{PLAIN['routing']},{PLAIN['account']},2026-01-01\n",
    )
    feed.refresh()
    run = feed.harness.run()
    [(tax, account)] = feed.harness.query(
        "select s.tax_id, b.account_number from raw_feed.supplier as s, raw_feed.supplier_bank_account as b"
        " where s.supplier_id = 'S1'"
    )
    assert (run.vault.resolve(tax), run.vault.resolve(account)) == ("361734562", PLAIN["account"])
    run.state.close()

    home = feed.harness.home
    files = [path for path in home.rglob("*") if path.is_file() and "landing" not in path.parts]
    assert {"warehouse.duckdb", "state.sqlite", "vault.sqlite"} <= {path.name for path in files}
    for path in files:
        content = path.read_bytes()
        for plain in (*PLAIN.values(), "361734562", "NOTATAXID77182"):
            assert plain.encode() not in content, f"{plain} stands in {path.relative_to(home)}"


def test_a_lost_vault_is_filled_again_from_the_landing_copy(feed: FeedHarness) -> None:
    feed.write("supplier.csv", f"supplier_id,legal_name,tax_id\nS1,A,{PLAIN['tax']}\n")
    feed.refresh()
    (feed.harness.home / "vault.sqlite").unlink()
    (feed.harness.home / "warehouse.duckdb").unlink()
    feed.harness.refresh()
    [(token,)] = feed.harness.query("select tax_id from raw_feed.supplier")
    assert feed.harness.run().vault.resolve(token) == "361734562"


def test_prod_makes_up_no_vault_key(feed: FeedHarness) -> None:
    landscape = feed.harness.run().landscape
    prod = type(landscape)(**{**vars(landscape), "environment": "prod"})
    with pytest.raises(LandscapeError, match="CONCORD_VAULT_KEY is not set"):
        start_run(load_settings({}, home=feed.harness.home / "prod"), prod)
    settings = load_settings({"CONCORD_VAULT_KEY": "k"}, home=feed.harness.home / "prod")
    run = start_run(settings, prod)
    run.vault.put({"t": "p"})
    run.state.close()
    assert not (settings.home / "vault.key").exists()
    assert "vault_key" not in repr(settings)
