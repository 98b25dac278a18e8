"""Vendor masters with a known truth as the matcher takes them: the project's own, or one from a file.

A file is Parquet with the columns unique_id, source_system, name, tax_id, street, city, state, zip, phone,
email, bank, true_supplier and trap. A system of which several names have its greatest length, at most 40
characters, is taken to cut them there.
"""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from matching.yardstick.dress import Truth, make_records, token

_PLACEHOLDERS = {"000000000", "999999999", "123456789", "111111111", "987654321"}
_FEW = 3


def vendors(rows: int, seed: int, path: Path | None) -> tuple[pa.Table, list[Truth]]:
    """Records in the shape of RECORD and their truth."""
    if path is None:
        return make_records(rows, seed)
    found = pq.read_table(path).to_pylist()[:rows]
    widths = _widths(found)
    records = [_record(row, widths.get(row["source_system"])) for row in found]
    truths = [Truth(row["unique_id"], row["true_supplier"], row["trap"], None) for row in found]
    return pa.Table.from_pylist(records), truths


def _widths(rows: list[dict[str, Any]]) -> dict[str, int]:
    lengths: dict[str, Counter[int]] = {}
    for row in rows:
        lengths.setdefault(row["source_system"], Counter())[len(row["name"])] += 1
    longest = {system: max(found) for system, found in lengths.items()}
    return {system: most for system, most in longest.items() if lengths[system][most] > _FEW and most <= 40}


def _record(row: dict[str, Any], width: int | None) -> dict[str, Any]:
    digits = re.sub(r"\D", "", row["tax_id"] or "")
    verdict = "PLACEHOLDER" if digits in _PLACEHOLDERS else "VALID" if len(digits) == 9 else "MISSING"
    place = {"line1": row["street"], "line2": None, "city": row["city"], "region": row["state"]}
    return {
        "record_key": row["unique_id"],
        "legal_name": row["name"],
        "name_width": width,
        "tax_id": token("tax_id", digits) if digits else None,
        "tax_id_verdict": verdict,
        "tax_id_near": [token("tax_id", digits[:at] + digits[at + 1 :]) for at in range(len(digits))],
        "addresses": [{**place, "postal_code": row["zip"], "country": "US"}],
        "phones": [row["phone"]] if row["phone"] else [],
        "emails": [row["email"]] if row["email"] else [],
        "bank_accounts": [row["bank"]] if row["bank"] else [],
    }
