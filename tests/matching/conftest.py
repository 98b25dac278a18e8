"""Small worlds for matching: records by hand and scored fictional masters, made once a session."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from matching import census
from matching.profile import profiles_of
from matching.records import RECORD
from matching.scoring import score
from matching.splink_session import connected
from matching.yardstick.dress import Truth, make_records, token

AT = datetime(2026, 3, 1, tzinfo=UTC)


def record(key: str, name: str | None, **values: Any) -> dict[str, Any]:
    """A record in short: `tax` and `bank` as plain numbers, one place, `phone`, `email`."""
    tax, bank = values.pop("tax", None), values.pop("bank", None)
    place = {name: values.pop(name, None) for name in ("street", "postal_code", "region")}
    phone, email = values.pop("phone", None), values.pop("email", None)
    address = {
        "line1": place["street"],
        "line2": None,
        "city": None,
        "region": place["region"],
        "postal_code": place["postal_code"],
        "country": "US",
    }
    return {
        **dict.fromkeys(RECORD.names),
        "record_key": key,
        "legal_name": name,
        "tax_id": token("tax_id", tax) if tax else None,
        "tax_id_verdict": "VALID" if tax else "MISSING",
        "tax_id_near": [token("tax_id", tax[:at] + tax[at + 1 :]) for at in range(len(tax))] if tax else [],
        "addresses": [address] if any(place.values()) else [],
        "phones": [phone] if phone else [],
        "emails": [email] if email else [],
        "bank_accounts": [token("bank", bank)] if bank else [],
        **values,
    }


def table_of(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=RECORD)


Score = Callable[[list[dict[str, Any]]], list[dict[str, Any]]]


@pytest.fixture(scope="session")
def small_world() -> tuple[pa.Table, list[Truth]]:
    """1,500 records as profiles, and their truth."""
    records, truths = make_records(1500, seed=7)
    return profiles_of(records), truths


@pytest.fixture(scope="session")
def score_rows(small_world: tuple[pa.Table, list[Truth]]) -> Score:
    """Scores given records among the small world, so that words are as common as elsewhere."""
    background, _ = small_world

    def scored(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        keys = [row["record_key"] for row in rows]
        with connected() as connection:
            profile = pa.concat_tables([background, profiles_of(table_of(rows))])
            connection.register("incoming", profile)
            connection.execute("create table profile as from incoming")
            pairs = score(connection, census.take(connection), arrived=keys).pairs
        return [row for row in pairs.to_pylist() if row["left_key"] in keys and row["right_key"] in keys]

    return scored
