"""From a supplier record to its profile: the values that are compared, blocked and counted.

A pure function of the record and `NORMALIZER`; raise the version with any change that can change a value, so
that stored profiles are made anew and a trained model says which reading it was trained on.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from matching.names import Name, may_be_cut, read_names
from matching.places import Place, read_domain, read_phone, read_place
from matching.records import VALID, check_records, content_hash

NORMALIZER = "1"
_TEXTS = pa.list_(pa.string())
# One row per record. `tax` only if valid; lists hold each value once, sorted; empty lists mean not known.
PROFILE = pa.schema(
    [
        pa.field("record_key", pa.string(), nullable=False),
        ("content_hash", pa.string()),
        ("shown_name", pa.string()),
        ("name_core", pa.string()),
        ("name_root", pa.string()),
        ("is_cut", pa.bool_()),
        ("names", _TEXTS),
        ("words", _TEXTS),
        ("tax", pa.string()),
        ("tax_near", _TEXTS),
        ("ids", _TEXTS),
        ("id_schemes", _TEXTS),
        ("street", pa.string()),
        ("addresses", _TEXTS),
        ("numbers", _TEXTS),
        ("zips", _TEXTS),
        ("regions", _TEXTS),
        ("phones", _TEXTS),
        ("domains", _TEXTS),
        ("banks", _TEXTS),
    ]
)
_ID_PATTERNS = {
    "duns": r"\d{9}",
    "uei": r"[A-HJ-NP-Z1-9][A-HJ-NP-Z0-9]{11}",
    "npi": r"[12]\d{9}",
    "lei": r"[0-9A-Z]{20}",
}
_PLACEHOLDER_IDS = frozenset(("123456789", "987654321", "1234567893", "999999999"))
_NEAR_LENGTH = 20


def profiles_of(records: pa.Table) -> pa.Table:
    """PROFILE rows of RECORD rows, in the order given."""
    rows = [profile_of(row) for row in check_records(records).to_pylist()]
    return pa.Table.from_pylist(rows, schema=PROFILE)


def profile_of(row: Mapping[str, Any]) -> dict[str, Any]:
    names = read_names(row["legal_name"], row["dba_name"], width=row["name_width"])
    places = _places(row["addresses"] or ())
    ids = _typed_ids(row)
    is_valid = row["tax_id_verdict"] == VALID and bool(row["tax_id"])
    return {
        "record_key": row["record_key"],
        "content_hash": content_hash(row),
        "shown_name": row["legal_name"] or row["dba_name"],
        **_name_values(names),
        "is_cut": may_be_cut(row["legal_name"] or row["dba_name"], row["name_width"]),
        "tax": row["tax_id"] if is_valid else None,
        "tax_near": _sorted(text[-_NEAR_LENGTH:] for text in (row["tax_id_near"] or ())) if is_valid else [],
        "ids": ids,
        "id_schemes": _sorted(value.split(":", 1)[0] for value in ids),
        "street": next((place.street for place in places if place.street), None),
        "addresses": _sorted(place.full for place in places),
        "numbers": _sorted(place.numbered for place in places),
        "zips": _sorted(place.postal_code for place in places),
        "regions": _sorted(place.region for place in places),
        "phones": _sorted(map(read_phone, row["phones"] or ())),
        "domains": _sorted(map(read_domain, row["emails"] or ())),
        "banks": _sorted(row["bank_accounts"] or ()),
    }


def _name_values(names: tuple[Name, ...]) -> dict[str, Any]:
    first = names[0].core if names else None
    return {
        "name_core": first,
        "name_root": first.split()[0] if first else None,
        "names": _sorted(form for name in names for form in (name.compact, name.in_order)),
        "words": _sorted(word for name in names for word in name.core.split()),
    }


def _places(addresses: Iterable[Mapping[str, str | None]]) -> list[Place]:
    read = [
        read_place(one["line1"], one["line2"], one["region"], one["postal_code"], one["country"])
        for one in addresses
    ]
    return [place for place in read if place]


def _typed_ids(row: Mapping[str, Any]) -> list[str]:
    found = []
    for scheme, pattern in _ID_PATTERNS.items():
        value = re.sub(r"[^0-9A-Z]", "", (row[scheme] or "").upper())
        is_made_up = len(set(value)) <= 1 or value in _PLACEHOLDER_IDS
        if re.fullmatch(pattern, value) and not is_made_up:
            found.append(f"{scheme}:{value}")
    return found


def _sorted(values: Iterable[str | None]) -> list[str]:
    return sorted({value for value in values if value})
