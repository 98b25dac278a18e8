"""The worlds hold what they promise: same bytes, a clean world without findings, labels exactly true."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from made_world import Made, expected, findings, oracle

from sandbox import identifiers
from sandbox.faults import FAULTS, select_faults
from sandbox.generate import generate
from sandbox.labels import LABEL_SCHEMA
from sandbox.master_making import build_masters, extent_for


@pytest.fixture(scope="module")
def clean_files(clean: Made) -> duckdb.DuckDBPyConnection:
    return oracle(clean.folder)


@pytest.fixture(scope="module")
def faulty_files(faulty: Made) -> duckdb.DuckDBPyConnection:
    return oracle(faulty.folder)


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_same_seed_same_bytes_and_another_seed_another_world(tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("two", 3), ("other", 4)):
        generate(seed, 500, "all", None, tmp_path / name)
    assert _digests(tmp_path / "one") == _digests(tmp_path / "two")
    assert _digests(tmp_path / "one") != _digests(tmp_path / "other")


def test_a_world_is_replaced_and_a_stranger_is_left_alone(tmp_path: Path) -> None:
    generate(1, 200, "all", None, tmp_path / "world")
    before = _digests(tmp_path / "world")
    generate(2, 900, "none", None, tmp_path / "world")
    generate(1, 200, "all", None, tmp_path / "world")
    assert _digests(tmp_path / "world") == before
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("mine")
    with pytest.raises(ValueError, match="left alone"):
        generate(1, 200, "all", None, tmp_path / "home")


def test_chunks_continue_the_numbers_of_earlier_ones(tmp_path: Path) -> None:
    world = generate(5, 1_000, "all", None, tmp_path, chunk_lines=300)
    files = oracle(tmp_path)
    lines, distinct, documents = files.execute(
        "select count(*), count(distinct line_id), count(distinct po_number) from po_line"
    ).fetchone() or (0, 0, 0)
    assert lines == distinct == 1_000
    assert documents == world.counts["purchase_orders"]
    assert files.execute("select count(*) - count(distinct receipt_key) from receipt").fetchone() == (0,)
    assert files.execute("select count(*) - count(distinct line_id) from bill").fetchone() == (0,)
    assert findings(files) == expected(tmp_path)


@pytest.mark.parametrize("lines", [1, 7, 40])
def test_tiny_worlds_still_tell_the_golden_story(tmp_path: Path, lines: int) -> None:
    world = generate(1, lines, "UNIT_DRIFT", {"UNIT_DRIFT": 0}, tmp_path)
    assert world.labels == {"UNIT_DRIFT": 2}
    assert findings(oracle(tmp_path)) == expected(tmp_path)


def test_the_clean_world_is_silent(clean: Made, clean_files: duckdb.DuckDBPyConnection) -> None:
    assert findings(clean_files) == set()
    assert pq.read_table(clean.folder / "labels.parquet").num_rows == 0


def test_labels_are_exactly_thefindings(faulty: Made, faulty_files: duckdb.DuckDBPyConnection) -> None:
    assert findings(faulty_files) == expected(faulty.folder)
    assert all(count > 0 for count in faulty.world.labels.values())


@pytest.mark.parametrize(
    "broken",
    [
        "select * from bill where abs(quantity * unit_price - amount) > 0.005",
        """select * from bill left join po_line as po using (po_number, po_line)
           where po.line_id is null and bill.line_id not in (from spoiled('INVOICE_NO_PO'))""",
        """select * from bill join po_line as po using (po_number, po_line)
           where company_code <> po.entity and bill.line_id not in (from spoiled('INVOICE_WRONG_PO'))""",
        """select * from bill join po_line as po using (po_number, po_line)
           join table_of('apauto/invoice') as head using (invoice_id)
           join whose as seller on seller.native_id = po.supplier_id::varchar
           join whose as biller on biller.native_id = head.vendor_id
           where seller.instance = 'procurement' and biller.instance = 'apauto'
           and seller.supplier <> biller.supplier""",
        """select * from bill join po_line as po using (po_number, po_line)
           where po.status not in ('issued', 'closed')""",
        """select * from bill join po_line as po using (po_number, po_line)
           where invoice_date < po.approved_at::date""",
        """select * from bill join po_line as po using (po_number, po_line)
           where bill_item_number <> po.item_number""",
        "select * from receipt join po_line as po using (po_number, po_line) where not po.is_three_way",
        "select * from receipt left join po_line as po using (po_number, po_line) where po.line_id is null",
        "select * from receipt where posting_date > date '2026-06-30' or posting_date < receipt_date",
        "select * from bill where invoice_date > date '2026-06-30'",
        "select * from po_line where factor is null or abs(quantity * price - total) > 0.005",
        """select invoice_id from bill join read_parquet(getvariable('world') || '/apauto/invoice/*') as head
           using (invoice_id) group by invoice_id, gross_amount, tax_amount, freight_amount
           having (gross_amount <> sum(amount) + tax_amount + freight_amount or tax_amount <> 0)
           and invoice_id not in (from spoiled('TAX_ON_EXEMPT'))
           and invoice_id not in (from spoiled('HEADER_TOTAL'))""",
        """select head.po_number
           from read_parquet(getvariable('world') || '/apauto/invoice/*') as head
           join (select distinct po_number, planned_freight from po_line) using (po_number)
           where head.status <> 'VOID' and invoice_id not in (from spoiled('FREIGHT_UNPLANNED'))
           group by head.po_number, planned_freight
           having sum(freight_amount) not in (0, planned_freight)""",
        "select * from erp_invoice where paid_on > date '2026-06-30'",
        """select AccountingDocument, sum(case DebitCreditCode when 'S' then 1 else -1 end
           * AmountInTransactionCurrency) from table_of('erp_cloud/journal_entry_item')
           group by all having sum(case DebitCreditCode when 'S' then 1 else -1 end
           * AmountInTransactionCurrency) <> 0""",
        """select journal_id from table_of('erp_legacy/ps_jrnl_ln')
           group by journal_id having sum(monetary_amount) <> 0""",
        """select pymnt_id from table_of('erp_legacy/ps_pymnt_vchr_xref')
           join table_of('erp_legacy/ps_payment_tbl') using (pymnt_id)
           group by pymnt_id, pymnt_amt having pymnt_amt <> sum(paid_amt)""",
        """select ClearingAccountingDocument as payment from table_of('erp_cloud/ap_item') as item
           join table_of('erp_cloud/journal_entry_item') as entry
           on entry.AccountingDocument = item.ClearingAccountingDocument and entry.GLAccount = '110000'
           group by payment, entry.AmountInTransactionCurrency
           having entry.AmountInTransactionCurrency <> sum(item.AmountInTransactionCurrency)""",
    ],
)
def test_documents_agree_with_each_other(
    clean_files: duckdb.DuckDBPyConnection, faulty_files: duckdb.DuckDBPyConnection, broken: str
) -> None:
    assert clean_files.execute(broken).fetchall() == []
    assert faulty_files.execute(broken).fetchall() == []


def test_every_return_is_credited_for_what_went_back(clean_files: duckdb.DuckDBPyConnection) -> None:
    returns = clean_files.execute(
        """select po_number, po_line, sum(stock), min(posting_date), bool_and(is_credit_expected) from receipt
           where kind = 'RETURN' group by all order by all"""
    ).fetchall()
    credits = clean_files.execute(
        """select po_number, po_line, sum(base_quantity), min(invoice_date), bool_and(credit_kind = 'QUANTITY'
           and original_invoice_id is not null) from bill where document_type = 'CREDIT_MEMO'
           group by all order by all"""
    ).fetchall()
    assert len(returns) > 20
    assert [row[:3] for row in returns] == [row[:3] for row in credits]
    assert all(back[3] < credit[3] for back, credit in zip(returns, credits, strict=True))
    assert all(row[4] for row in (*returns, *credits))
    orphans = clean_files.execute(
        """select * from receipt as r left join receipt as o on o.receipt_key = r.original_key
           where r.kind <> 'RECEIPT'
           and (o.receipt_key is null or o.po_line <> r.po_line or o.stock < r.stock)"""
    ).fetchall()
    assert orphans == []


def test_stock_follows_inventorys_own_factors(clean_files: duckdb.DuckDBPyConnection, clean: Made) -> None:
    units = next((clean.folder / "inventory" / "outbound").glob("item_units_*.csv"))
    with units.open(encoding="utf-8") as lines:
        rows = [row for row in csv.reader(lines) if row[0] not in ("ItemNumber", "TRL")]
    factors = {(row[0], row[1]): Decimal(row[2]) for row in rows}
    assert len(factors) == len(rows)
    counted = clean_files.execute("select item_number, counted_unit, counted, stock from receipt").fetchall()
    assert all(quantity * factors[item, unit] == stock for item, unit, quantity, stock in counted)


def test_few_lines_carry_a_fifth_of_the_events(clean_files: duckdb.DuckDBPyConnection) -> None:
    counts = [
        row[0]
        for row in clean_files.execute(
            """select count(*) as events from (select po_number, po_line from receipt union all
               select po_number, po_line from bill) group by po_number, po_line order by events desc"""
        ).fetchall()
    ]
    top = counts[: round(len(counts) * 0.06)]
    assert 0.15 < sum(top) / sum(counts) < 0.27


def test_files_end_in_a_true_trailer(faulty: Made) -> None:
    files = sorted((faulty.folder / "inventory" / "outbound").glob("*.csv"))
    monthly = [path for path in files if path.name.startswith("receipts_") and "T2359_" in path.name]
    assert len(monthly) == 18
    files += sorted((faulty.folder / "sourcing" / "outbound").glob("*.csv"))
    assert len(files) == 2 + len(list((faulty.folder / "inventory" / "outbound").glob("*.csv")))
    for path in files:
        with path.open(encoding="utf-8") as lines:
            header, *rows, trailer = list(csv.reader(lines))
        place = header.index("Quantity") if "Quantity" in header else None
        total = sum((Decimal(row[place]) for row in rows), Decimal(0)) if place is not None else Decimal(0)
        assert (trailer[0], int(trailer[1]), Decimal(trailer[2])) == ("TRL", len(rows), total)
        assert path.with_name(path.name + ".done").exists()
        numbers = [
            n for n, name in enumerate(header) if name in ("Quantity", "Markup", "UnitPrice", "Factor")
        ]
        assert all(re.fullmatch(r"\d+(\.\d+)?", row[n]) for row in rows for n in numbers)


def test_the_golden_case_stands_as_told(faulty: Made, faulty_files: duckdb.DuckDBPyConnection) -> None:
    labels = pq.read_table(faulty.folder / "labels.parquet").to_pylist()
    refused, label = [row for row in labels if row["fault_id"] == "UNIT_DRIFT-S1"]
    assert (refused["expected_exception_code"], refused["instance"], refused["entity_type"]) == (
        "RECEIPT_NOT_REPLICATED",
        "inventory",
        "receipt_line",
    )
    assert (label["expected_exception_code"], label["expected_cause_code"], label["instance"]) == (
        "QTY_OVER_RECEIVED",
        "UOM_OLD_FACTOR",
        "apauto",
    )
    row = faulty_files.execute(
        """select po.quantity, po.unit, po.factor, po.old_factor, po.is_delivery_complete, r.counted,
               r.counted_unit, r.stock, bill.quantity, bill.uom, po.entity, invoice_status,
               r.receipt_key = ?
           from bill join po_line as po using (po_number, po_line)
           join receipt as r using (po_number, po_line)
           where bill.line_id = ?""",
        [refused["native_id"], label["native_id"]],
    ).fetchall()
    assert row == [(20, "BX", 12, 10, True, 20, "BX", 200, 240, "EA", "LH01", "IN_WORKFLOW", True)]


def test_labels_have_keys_and_only_side_effects_share_a_fault(faulty: Made) -> None:
    table = pq.read_table(faulty.folder / "labels.parquet")
    assert table.schema.equals(LABEL_SCHEMA)
    rows = table.to_pylist()
    assert all(row["native_id"] and row["business_key"] for row in rows)
    masters = ("supplier", "screening")
    # Other payment terms cost days, which are no amount of a document.
    priced = [row for row in rows if row["fault_code"] != "TERMS_MISMATCH"]
    assert all(row["amount"] > 0 for row in priced if not row["entity_type"].startswith(masters))
    said = [
        tuple(row[name] for name in ("expected_exception_code", "entity_type", "instance", "native_id"))
        for row in rows
        if row["expected_exception_code"]
    ]
    assert len(said) == len(set(said))
    lines = [
        (row["expected_exception_code"], row["native_id"])
        for row in rows
        if row["entity_type"] == "invoice_line" and row["fault_code"].startswith("PRICE_")
    ]
    assert len(lines) == len({native_id for _, native_id in lines})


def test_controls_differ_yet_stay_inside_every_limit(
    faulty: Made, faulty_files: duckdb.DuckDBPyConnection
) -> None:
    rows = faulty_files.execute(
        f"""select fault_code, label.amount, (unit_price * po.factor) = (price * bill_factor * 1.02),
                unit_price * po.factor > price * bill_factor
            from '{faulty.folder}/labels.parquet' as label
            join bill on bill.line_id = label.native_id
            join po_line as po using (po_number, po_line) where fault_code like 'PRICE_%'"""
    ).fetchall()
    assert all(dearer for _, _, _, dearer in rows)
    on_limit = [row for row in rows if row[0] == "PRICE_ON_LIMIT"]
    assert on_limit and all(two_percent or amount == 25 for _, amount, two_percent, _ in on_limit)
    assert all(amount <= 25 for code, amount, _, _ in rows if code == "PRICE_IN_TOLERANCE")
    assert any(amount > 25 for code, amount, _, _ in rows if code == "PRICE_OVER")


def test_fault_selection_and_rates(tmp_path: Path) -> None:
    assert select_faults("none") == ()
    assert select_faults("PRICE_OVER", {"PRICE_OVER": 5}) == (("PRICE_OVER", 5.0),)
    with pytest.raises(ValueError, match=r"PRICE_UNDERR.*known: .*PRICE_OVER"):
        select_faults("PRICE_UNDERR")
    world = generate(1, 2_000, "PRICE_OVER", {"PRICE_OVER": 100}, tmp_path)
    assert set(world.labels) == {"PRICE_OVER"}
    assert 100 < world.labels["PRICE_OVER"] < 200
    assert json.loads((tmp_path / "world.json").read_text())["as_of"] == "2026-06-30"


def test_at_least_so_often_every_fault_is_planted_and_found(tmp_path: Path) -> None:
    world = generate(7, 4_000, out_dir=tmp_path, at_least=8)
    assert json.loads((tmp_path / "world.json").read_text())["at_least"] == 8
    rare = {code: count for code, count in world.labels.items() if count < 8}
    assert set(world.labels) == set(FAULTS) and rare == {"SCREENING_STALE": 1}
    faults = pq.read_table(tmp_path / "labels.parquet", columns=["fault_code", "fault_id"])
    each = Counter(code for code, _ in set(zip(*(column.to_pylist() for column in faults), strict=True)))
    assert min(count for code, count in each.items() if code != "SCREENING_STALE") >= 8
    assert findings(oracle(tmp_path)) == expected(tmp_path)


def test_many_suppliers_share_no_identifier_and_no_name() -> None:
    suppliers = build_masters(2, extent_for(200)).suppliers
    assert len(suppliers) == 2_000
    for name in ("number", "name", "tax_id", "duns", "remit_to"):
        assert len({getattr(row, name) for row in suppliers}) == len(suppliers), name
    added = {identifiers.ein(serial) for serial in range(700, 1_500)}
    assert not added & {row.tax_id for row in suppliers}


@pytest.mark.parametrize(
    ("at_least", "told"), [(12, r"INVOICE_\w+ \d+.*more lines"), (201, "1 to 200"), (0, "1 to")]
)
def test_what_cannot_be_planted_so_often_is_refused(tmp_path: Path, at_least: int, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        generate(5, 300, out_dir=tmp_path, at_least=at_least)
    assert not list(tmp_path.iterdir())


def test_identifiers_pass_their_check_digits() -> None:
    code = identifiers.gtin(40_123, 1)
    assert sum(int(d) * (3, 1)[place % 2] for place, d in enumerate(code)) % 10 == 0
    bank = identifiers.routing(777)
    assert sum(int(d) * (3, 7, 1)[place % 3] for place, d in enumerate(bank)) % 10 == 0
    provider = "80840" + identifiers.npi(12_345_678)
    doubled = [int(d) * (1 + place % 2) for place, d in enumerate(reversed(provider))]
    assert sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0
    assert int(identifiers.lei(4_711)) % 97 == 1
    assert len({identifiers.ein(n) for n in range(300)}) == 300
