"""Properties of the pure parts: decimals are never rounded, versions count changes, names are stable."""

from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
from dlt.common.normalizers.naming.snake_case import NamingConvention
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.contracts.contract import check_rows
from ingestion.formats.json_rows import load_json
from ingestion.formats.raw_rows import META, RawRows
from ingestion.raw.raw_schema import all_datasets
from ingestion.raw.versions import Known
from ingestion.spec import MONEY, TableSpec, column, snake
from ingestion.tokens import Tokenizer

AMOUNTS = TableSpec(
    name="amounts", key=("id",), columns=(column("id", required=True), column("amount", MONEY))
)


def check(texts: list[str | None]) -> tuple[list[Decimal | None], int]:
    count = len(texts)
    table = pa.table(
        {
            "id": pa.array([str(at) for at in range(count)], pa.string()),
            "amount": pa.array(texts, pa.string()),
            **{name: pa.nulls(count, pa.string()) for name in META},
            "_file_name": pa.array(["f"] * count, pa.string()),
            "_line_number": pa.array(range(count), pa.int64()),
            "_extension": pa.array(["{}"] * count, pa.string()),
        }
    )
    checked = check_rows(RawRows(AMOUNTS, table), Tokenizer(b"k"))
    assert checked.landed_rows == checked.table.num_rows + len(checked.rejected)
    return checked.table.column("amount").to_pylist(), len(checked.rejected)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.decimals(-(10**16), 10**16, places=2, allow_nan=False), min_size=1, max_size=30))
def test_amounts_of_two_decimals_arrive_as_they_are(amounts: list[Decimal]) -> None:
    kept, rejected = check([format(amount, "f") for amount in amounts])
    fitting = [amount for amount in amounts if abs(amount) < 10**16]
    assert kept == fitting and rejected == len(amounts) - len(fitting)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.text(alphabet="0123456789.,-+eE_ £x()", max_size=12), min_size=1, max_size=30))
def test_any_text_is_kept_exactly_or_rejected(texts: list[str]) -> None:
    kept, rejected = check(list(texts))
    assert len(kept) + rejected == len(texts)
    exact = [Decimal(text.strip()) for text in texts if _is_plain(text.strip())]
    assert [amount for amount in kept if amount is not None] == exact


def _is_plain(text: str) -> bool:
    if not text or any(char not in "0123456789.-+" for char in text):
        return False
    try:
        value = Decimal(text)
    except ArithmeticError:
        return False
    return value == round(value, 2) and abs(value) < 10**16


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("KLM"), st.sampled_from("ABC")), max_size=25), st.integers(0, 24))
def test_versions_count_changes_however_the_rows_are_cut_into_batches(
    rows: list[tuple[str, str]], cut: int
) -> None:
    expected: dict[str, list[str]] = {}
    for key, content in rows:
        contents = expected.setdefault(key, [])
        if not contents or contents[-1] != content:
            contents.append(content)
    found: dict[str, list[str]] = {}
    with duckdb.connect() as connection:
        known = Known(connection, "amounts")
        for batch in (rows[:cut], rows[cut:]):
            for row in added(known, arrived([(key, content, None) for key, content in batch])):
                assert not row["_is_late"]
                found.setdefault(row["_row_key"], []).append(chr(row["_record_hash"]))
                assert row["_version"] == len(found[row["_row_key"]])
    assert found == expected


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.tuples(st.sampled_from("KL"), st.integers(1, 5)), max_size=6), max_size=6))
def test_the_highest_source_version_is_current_in_whatever_order_they_arrive(
    batches: list[list[tuple[str, int]]],
) -> None:
    seen: set[tuple[str, int]] = set()
    with duckdb.connect() as connection:
        known = Known(connection, "amounts")
        for batch in batches:
            rows = arrived([(key, f"content {version}", version) for key, version in batch])
            fresh = [(row["_row_key"], row["_source_version"]) for row in added(known, rows)]
            assert sorted(fresh) == sorted(set(batch) - seen), "each version is kept once"
            seen |= set(batch)
            found = connection.execute("select _row_key, _source_version from held_amounts").fetchall()
            assert dict(found) == {key: max(v for k, v in seen if k == key) for key, _ in seen}


def added(known: Known, rows: pa.Table) -> list[dict[str, Any]]:
    """The new versions among the rows, which are known afterwards."""
    decided = known.decide(rows)
    known.add(rows, decided)
    rows = rows.append_column("_version", pa.array(decided.version))
    rows = rows.append_column("_is_late", pa.array(decided.is_late))
    return list(rows.filter(pa.array(decided.is_new)).to_pylist())


def arrived(rows: list[tuple[str, str, int | None]]) -> pa.Table:
    return pa.table(
        {
            "_row_key": pa.array([key for key, _, _ in rows], pa.string()),
            "_record_hash": pa.array([ord(content[-1]) for _, content, _ in rows], pa.int64()),
            "_source_version": pa.array([version for _, _, version in rows], pa.int64()),
            "_source_updated_at": pa.nulls(len(rows), pa.timestamp("us")),
            "_is_deleted": [False] * len(rows),
        }
    )


def test_raw_names_pass_through_dlt_unchanged() -> None:
    naming = NamingConvention()
    for tables in all_datasets().values():
        for table, columns in tables.items():
            names = [name for name, _ in columns]
            assert naming.normalize_identifier(table) == table
            assert [naming.normalize_identifier(name) for name in names] == names
            assert len(set(names)) == len(names)


def test_names_follow_the_wire() -> None:
    wanted = {
        "po-number": "po_number",
        "supplier.number": "supplier_number",
        "SupplierFullName": "supplier_full_name",
        "GLAccountName": "gl_account_name",
        "TaxNumber1": "tax_number1",
        "primary-address.country.code": "primary_address_country_code",
    }
    assert {path: snake(path) for path in wanted} == wanted


@settings(max_examples=50, deadline=None)
@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=4) | st.integers(-(10**25), 10**25),
    st.sampled_from(['{"a": %s}', '[{"b": [{"a": %s}]}]', '{"c": "%s, 1.5", "a": [%s]}']),
)
def test_numbers_of_json_never_pass_through_a_float(number: Decimal | int, shape: str) -> None:
    digits = format(number, "f") if isinstance(number, Decimal) else str(number)
    found = load_json(shape.replace("%s", digits).encode())
    while not isinstance(found, str | int):
        found = found[0] if isinstance(found, list) else found.get("a", found.get("b"))
    assert str(found) == digits
