"""What the systems of a world say of each other: invoices and suppliers alike, extra records, next prices."""

from __future__ import annotations

from collections import Counter

import duckdb
import pyarrow.parquet as pq
import pytest
from made_world import Made, oracle

from sandbox.faults.duplicate_ways import WAYS
from sandbox.faults.lookalike_families import FAMILIES


@pytest.fixture(scope="module")
def clean_files(clean: Made) -> duckdb.DuckDBPyConnection:
    return oracle(clean.folder)


@pytest.fixture(scope="module")
def faulty_files(faulty: Made) -> duckdb.DuckDBPyConnection:
    return oracle(faulty.folder)


@pytest.mark.parametrize(
    "twice",
    [
        "select vendor_id, invoice_number from table_of('apauto/invoice') group by all having count(*) > 1",
        """select po_number, po_line, invoice_date from bill where invoice_status <> 'VOID'
           and document_type = 'INVOICE' group by all having count(*) > 1""",
        """select later.invoice_id from standing_invoice as earlier join standing_invoice as later
           on earlier.tax_id = later.tax_id and earlier.invoice_id < later.invoice_id
           and (earlier.form_2 = later.form_2 or earlier.document_hash = later.document_hash
                or (earlier.gross_amount = later.gross_amount
                    and damerau_levenshtein(earlier.form_1, later.form_1) = 1))""",
    ],
)
def test_clean_invoices_are_not_alike(clean_files: duckdb.DuckDBPyConnection, twice: str) -> None:
    assert clean_files.execute(twice).fetchall() == []


def test_every_way_of_duplicating_and_of_looking_alike_is_there(faulty: Made) -> None:
    rows = pq.read_table(faulty.folder / "labels.parquet").to_pylist()
    causes = {row["expected_cause_code"] for row in rows if row["fault_code"] == "INVOICE_DUPLICATE"}
    assert causes == {None, *(f"D{number}" for number in range(1, 9))}
    twice = [row for row in rows if row["fault_code"] == "DUPLICATE_SUPPLIER"]
    assert {row["expected_cause_code"] for row in twice} == {None, "S1", "S1D"}
    records = pq.read_table(faulty.folder / "truth" / "supplier_record").to_pylist()
    ways = Counter(row["way"] for row in records if row["way"])
    assert set(ways) == {*(way.code for way in WAYS), *(family.code for family in FAMILIES)}
    # A duplicate is labelled where it stands; whatever only looks like one stands in two systems.
    added = {
        (row["instance"], row["native_id"]) for row in records if row["way"] in {way.code for way in WAYS}
    }
    assert {(row["instance"], row["native_id"]) for row in twice} == added
    assert all(ways[family.code] in (2, 4) for family in FAMILIES)
    controls = [row for row in rows if row["fault_code"] in ("INVOICE_LOOKALIKE", "LOOKALIKE_SUPPLIER")]
    assert len(controls) > 10
    assert {row["expected_exception_code"] for row in controls} == {
        *(None, "INVOICE_NUMBER_RESTARTED", "TIN_SHARED", "TIN_PLACEHOLDER", "BANK_SHARED"),
    }


def test_extra_supplier_records_are_used_and_new_ones_are_not(
    faulty: Made, faulty_files: duckdb.DuckDBPyConnection
) -> None:
    used = faulty_files.execute(
        """select instance, count(*) filter (native_id in (select supplier_id::varchar from po_line)
               or native_id in (select vendor_id from table_of('apauto/invoice'))
               or native_id in (select supplier from erp_order)) as used
           from finding_supplier join supplier_record using (native_id) group by instance order by instance"""
    ).fetchall()
    assert [name for name, count in used if count] == ["apauto", "erp_cloud", "procurement"]
    new = faulty_files.execute(
        """select count(*), count(po.line_id) from table_of('procurement/supplier') as supplier
           left join po_line as po on po.supplier_id = supplier.id
           where supplier."created-at" >= timestamp '2026-06-25'"""
    ).fetchall()
    assert new == [(3, 0)]


def test_prices_to_come_are_published_and_not_loaded(faulty_files: duckdb.DuckDBPyConnection) -> None:
    coming, loaded, published = faulty_files.execute(
        """select count(*), count(replica.id), max(PublishedAt::timestamp)
           from read_csv(getvariable('world') || '/sourcing/outbound/prices_*.csv', header = true,
               all_varchar = true, null_padding = true) as price
           left join table_of('procurement/contract_price') as replica
           on replica."contract.number" = ContractNumber and replica."item.item-number" = ItemNumber
           and replica."uom.code" = Uom and replica."start-date" = ValidFrom::date
           where ContractNumber <> 'TRL' and ValidFrom > '2026-06-30'"""
    ).fetchone() or (0, 0, None)
    assert coming > 3 and loaded == 0
    assert str(published) < "2026-07-01"
