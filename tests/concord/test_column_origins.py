"""Column origins of the SQL that models are written in."""

from pathlib import Path
from typing import Any

import pytest

from concord.column_origins import ROWS, Relation, origins_of
from concord.lineage import Lineage, read_lineage

TABLES: dict[str, Relation] = {
    name: {column: frozenset({(name, column)}) for column in columns.split()}
    for name, columns in {"raw.bill": "id amount tax status lines", "raw.line": "id bill_id price"}.items()
}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        pytest.param("select amount as total from raw.bill", {"total": "bill.amount"}, id="renamed"),
        pytest.param(
            'with bills as (select * from "db"."raw"."bill"), final as (select * from bills)'
            " select * from final",
            {"id": "bill.id", "amount": "bill.amount", "tax": "bill.tax", "status": "bill.status"},
            id="stars through CTEs",
        ),
        pytest.param(
            "select b.* exclude (tax, status, lines), l.price * b.amount as x from raw.bill as b"
            " inner join raw.line as l on b.id = l.bill_id",
            {"id": "bill.id", "amount": "bill.amount", "x": "bill.amount line.price"},
            id="star of one side, product of both",
        ),
        pytest.param(
            "select l.price from raw.line as l left join raw.bill as b on l.bill_id = b.id"
            " where b.status = 'X' and exists (select 1 from raw.bill as t where t.tax > l.price)",
            {"price": "line.price", ROWS: "bill.id bill.status bill.tax line.bill_id line.price"},
            id="joined and filtered",
        ),
        pytest.param(
            "with open as (select id, amount from raw.bill where status = 'OPEN')"
            " select amount, price from open inner join raw.line using (id)"
            " union all select amount, tax from raw.bill qualify row_number() over (order by lines) = 1",
            {"amount": "bill.amount", ROWS: "bill.id bill.lines bill.status line.id"},
            id="rows of a source, using, qualify",
        ),
        pytest.param(
            "select case when status = 'X' then -amount else tax end as x from raw.bill where id = 1",
            {"x": "bill.amount bill.status bill.tax", ROWS: "bill.id"},
            id="a condition makes the value, a filter does not",
        ),
        pytest.param(
            "select id, amount from raw.bill union all select bill_id, price from raw.line",
            {"id": "bill.id line.bill_id", "amount": "bill.amount line.price"},
            id="union by position",
        ),
        pytest.param(
            "select sum(price) over (partition by bill_id order by id) as x, count(*) as n from raw.line",
            {"x": "line.bill_id line.id line.price", "n": ""},
            id="window, count",
        ),
        pytest.param(
            "select amount + tax as gross, gross * 2 as twice from raw.bill",
            {"gross": "bill.amount bill.tax", "twice": "bill.amount bill.tax"},
            id="an alias used beside",
        ),
        pytest.param(
            "select b.id, (select max(l.price) from raw.line as l where l.bill_id = b.id) as x"
            " from raw.bill as b",
            {"id": "bill.id", "x": "line.price"},
            id="scalar query",
        ),
        pytest.param(
            "select id, u.line as x from raw.bill, unnest(lines) as u(line)",
            {"id": "bill.id", "x": "bill.lines"},
            id="unnested",
        ),
        pytest.param(
            "with recursive chain as (select id, amount from raw.bill union all"
            " select chain.id, l.price from chain inner join raw.line as l on chain.id = l.id)"
            " select * from chain",
            {"id": "bill.id", "amount": "bill.amount line.price"},
            id="recursive",
        ),
    ],
)
def test_origins(sql: str, expected: dict[str, str]) -> None:
    found = {
        name: " ".join(sorted(f"{table.removeprefix('raw.')}.{column}" for table, column in origins))
        for name, origins in origins_of(sql, TABLES).items()
    }
    assert {name: found.get(name) for name in expected} == expected


def test_a_join_key_hits_the_tables_whose_rows_it_decides() -> None:
    """Also through models between that only pass the rows on, such as `mart_bill`."""
    joined = "select l.price from raw.line as l inner join raw.bill as b on l.bill_id = b.id"
    fact = origins_of(joined, TABLES)
    tables = {
        **TABLES,
        "conformed.fct_line": {name: frozenset({("conformed.fct_line", name)}) for name in fact},
    }
    models = {"conformed.fct_line": fact, "marts.mart_line": origins_of("from conformed.fct_line", tables)}
    assert Lineage(models).hits([("raw.bill", "id")]) == {
        "conformed": ["fct_line (joined or filtered)"],
        "marts": ["mart_line (joined or filtered)"],
    }
    assert Lineage(models).hits([("raw.bill", "tax")]) == {}


def test_hits_follow_models_and_leave_private_ones_out() -> None:
    models = {
        "staging.stg_bill": origins_of("select id, -amount as amount from raw.bill", TABLES),
        "canonical.can_bill": {"amount": frozenset({("staging.stg_bill", "amount")})},
        "controls.int_bill": {"x": frozenset({("canonical.can_bill", "amount")})},
        "outbox.out_erp__bill": {"payload_hash": frozenset({("controls.int_bill", "x")})},
    }
    lineage = Lineage(models)
    assert lineage.hits([("raw.bill", "amount")]) == {
        "canonical": ["can_bill.amount"],
        "outbox": ["out_erp__bill.payload_hash"],
    }
    assert lineage.hits([("raw.bill", "id")]) == {}
    assert ("raw.bill", "amount") in lineage.upstream(("outbox.out_erp__bill", "payload_hash"))
    assert lineage.named("can_bill.amount") == [("canonical.can_bill", "amount")]


def test_a_model_in_python_is_made_of_what_its_description_names() -> None:
    def model(name: str, code: str, *parents: str, **more: Any) -> dict[str, Any]:
        return {
            **{
                "resource_type": "model",
                "schema": "identity",
                "name": name,
                "alias": name,
                "language": "sql",
            },
            **{"depends_on": {"nodes": list(parents)}, "compiled_code": code, "columns": {}, **more},
        }

    columns = {"key": {"meta": {"made_of": ["record.id"]}}, "at": {"meta": {}}}
    nodes = {
        "a": model("record", 'select supplier_id as id from "raw_feed"."supplier"'),
        "b": model("event", "def model(): ...", "a", language="python", columns=columns),
        "c": model("xref", 'select key as supplier_key, at from "identity"."event"', "b"),
    }
    lineage = read_lineage({"nodes": nodes}, Path())
    assert ("raw_feed.supplier", "supplier_id") in lineage.upstream(("identity.xref", "supplier_key"))
    assert lineage.upstream(("identity.xref", "at")) == {("identity.event", "at")}
