"""Generated worlds, as the fixtures hand them out, and what the oracle expects a reader to find in one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from sandbox.generate import World
from tests.conftest import ROOT

Finding = tuple[str, str, str, str | None]
_READ_OFTEN = ("receipt", "po_line", "bill", "erp_receipt", "erp_invoice", "booked_receipt", "running")


@dataclass(frozen=True)
class Made:
    """A generated world and where it lies."""

    folder: Path
    world: World


@cache
def oracle(folder: Path) -> duckdb.DuckDBPyConnection:
    """The files of a world under the names that the oracle gives them; read once."""
    connection = duckdb.connect()
    connection.execute("set threads = 2")
    connection.execute("set variable world = ?", [str(folder)])
    connection.execute("set variable landscape = ?", [str(ROOT / "landscapes/demo")])
    for name in (
        "oracle.sql",
        "oracle_systems.sql",
        "oracle_charges.sql",
        "oracle_banks.sql",
        "oracle_tax_ids.sql",
        "oracle_exclusions.sql",
        "oracle_ledger.sql",
        "oracle_terms.sql",
        "oracle_certificates.sql",
        "oracle_tax_forms.sql",
    ):
        connection.execute(Path(__file__).with_name(name).read_text(encoding="utf-8"))
    for view in _READ_OFTEN:
        connection.execute(f"create table {view}_rows as from {view}")
        connection.execute(f"create or replace view {view} as from {view}_rows")
    return connection


def findings(files: duckdb.DuckDBPyConnection) -> set[Finding]:
    """What the oracle finds: code, entity type, native id, cause."""
    rows = files.execute(
        """
        select code, entity_type, native_id,
            case
                when code not in ('QTY_OVER_RECEIVED', 'RECEIPT_OVER_ORDERED') then null
                when len(causes) = 1 then causes[1]
                when uncovered = uncredited.quantity then 'RETURN_WITHOUT_CREDIT'
            end
        from finding
        left join hypotheses using (po_number, po_line)
        left join uncredited using (po_number, po_line)
        union all
        from finding_systems
        union all
        from finding_charge
        union all
        from finding_bank
        union all
        from finding_tax_id
        union all
        from finding_screening
        union all
        from finding_ledger
        union all
        from finding_terms
        union all
        from finding_certificate
        union all
        from finding_tax_form
        """
    ).fetchall()
    assert len(rows) == len(set(rows))
    return set(rows)


def expected(folder: Path) -> set[Finding]:
    """What the labels of a world say rules should find; duplicates without a cause are for matching."""
    return {
        (
            row["expected_exception_code"],
            row["entity_type"],
            row["native_id"],
            row["expected_cause_code"],
        )
        for row in pq.read_table(folder / "labels.parquet").to_pylist()
        if row["expected_exception_code"]
        and (row["fault_code"], row["expected_cause_code"]) != ("DUPLICATE_SUPPLIER", None)
    }
