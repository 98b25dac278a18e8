"""The dbt SQL is portable, and the lint that says so can tell."""

import pytest

from tests.architecture.portability import findings_in, lint, project_files
from tests.architecture.rendering import PROJECT, renderer

SAFE = [
    "select cast(a as decimal(18, 2)) as b, coalesce(c, 'x') || '|' as d from t where e is distinct from f",
    "select row_number() over (partition by a order by b desc nulls last, c) as n from t",
    "select sum(case when is_void then 1 else 0 end) as n from t group by all",
    "select sum(a) filter (where is_void) as b, max_by(c, d) as e from t where exists (select 1 from u)",
    "with a as (select 1 as b union all select 2 as b) select b from a where b in (1, 2) or b > 3",
    "select cast(1 as bigint) as a, invoiced_to_date - ordered_quantity as b, date '2026-01-01' as c from t",
    "select concord_divide(a, b, 6) as c from t left join u on t.a = u.a and t.day >= u.valid_from",
]
UNSAFE = {
    "cast by colons": "select a::integer as b from t",
    "qualify": "select a from t qualify row_number() over (order by a) = 1",
    "exclude": "select * exclude (a) from t",
    "replace": "select * replace (1 as a) from t",
    "list": "select [1, 2] as a",
    "struct": "select {'a': 1} as b",
    "unnest": "select unnest(a) as b from t",
    "generate_series": "select a from generate_series(1, 3) as t(a)",
    "json arrow": "select a ->> 'b' as c from t",
    "asof": "select t.a from t asof join u on t.a >= u.a",
    "union by name": "select 1 as a union all by name select 2 as a",
    "arg_max": "select arg_max(a, b) as c from t",
    "pivot": "pivot t on a using sum(b)",
    "strftime": "select strftime(a, '%Y') as b from t",
    "regular expression": "select a from t where a ~ 'b'",
    "sum of a comparison": "select sum(a > 1) as b from t",
    "sum of a flag": "select sum(t.is_void) as b from t",
    "sha256": "select sha256(a) as b from t",
    "regexp_replace": "select regexp_replace(a, 'b', 'c') as d from t",
    "division": "select a / b as c from t",
    "integer division": "select a // b as c from t",
    "average": "select avg(a) as b from t",
    "hash": "select hash(a) as b from t",
    "date minus date": "select invoice_date - posting_date as a from t",
    "date plus days": "select invoice_date + 30 as a from t",
    "interval": "select a + interval '1' day as b from t",
    "desc without nulls": "select row_number() over (order by a desc) as b from t",
    "double quotes": 'select "a" from t',
    "substr from zero": "select substr(a, 0, 3) as b from t",
    "string_agg": "select string_agg(a, ',') as b from t",
    "quantile": "select quantile_cont(a, 0.5) as b from t",
    "json function": "select json_extract_string(a, '$.b') as c from t",
    "concat": "select concat(a, b) as c from t",
    "trailing comma": "select a, from t",
    "from first": "from t select a",
    "backslash": r"select 'a\b' as c",
    "quote in a string": "select 'it''s' as a",
    "varchar": "select cast(a as varchar) as b from t",
    "double": "select cast(a as double) as b from t",
    "decimal to integer": "select cast(ordered_quantity * 2 as integer) as a from t",
    "recursive": "with recursive a as (select 1 as b union all select b + 1 from a) select b from a",
    "ignore nulls": "select first_value(a ignore nulls) over (order by b) as c from t",
    "no SQL": "select from where",
}


def test_every_model_and_data_test_is_portable() -> None:
    found = lint(project_files())
    assert not found, "\n".join(map(str, found))


@pytest.mark.parametrize("sql", SAFE)
def test_safe_sql_passes(sql: str) -> None:
    assert findings_in(sql) == []


@pytest.mark.parametrize("sql", UNSAFE.values(), ids=UNSAFE)
def test_unsafe_sql_is_found(sql: str) -> None:
    assert findings_in(sql)


def test_only_what_is_dispatched_is_free() -> None:
    render = renderer(
        {
            "half.sql": "{% macro half(a) -%}"
            "{{ return(adapter.dispatch('divide', 'concord')(a, 2, 6)) }}"
            "{%- endmacro %}",
            "rough_half.sql": "{% macro rough_half(a) -%}{{ a }} / 2{%- endmacro %}",
        }
    )
    assert findings_in(render("select {{ half('a') }} as b from {{ ref('t') }}")) == []
    assert findings_in(render("select {{ half('a::integer') }} as b from {{ ref('t') }}"))
    assert findings_in(render("select {{ rough_half('a') }} as b from {{ ref('t') }}"))


def test_nulls_come_first_on_this_engine_too() -> None:
    assert "default_null_order: nulls_first" in (PROJECT / "profiles.yml").read_text()
