{#- Tables and views replaced in one statement on DuckDB, in one transaction; whoever dies leaves what was there.
    dbt's own build beside, rename twice and drop, which costs more than the SQL of most models. Other engines keep
    theirs, as does whatever this project does not use: indexes, constraints, grants, descriptions in the database.
    The grain of a model (`meta: {grain: [...]}`) is proven before it takes the place of what was there: a test node
    for each of some four hundred models cost more than all their SQL. -#}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {% if model['language'] == 'sql' %}
        {{ return(concord_replaced('table')) }}
    {% endif %}
    {#- dbt runs Python for a statement of the materialization itself only. -#}
    {% set target = this.incorporate(type='table') %}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('main', language='python') %}
        {{- concord_python_replacement(target) -}}
    {% endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {{ return(concord_replaced('view')) }}
{% endmaterialization %}

{% macro concord_replaced(kind) %}
    {% set existing = load_cached_relation(this) %}
    {% set target = this.incorporate(type=kind) %}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% if existing is not none and existing.type != kind %}
        {% do adapter.ensure_transaction() %}
        {% do adapter.drop_relation(existing) %}
    {% endif %}
    {% set grain = concord_grain() %}
    {% call statement('main', fetch_result=grain | length > 0) %}
        {{ concord_replacement(target) }}
        {%- if grain %};
        {{ concord_repeated(target, grain) }}
        {%- endif %}
    {% endcall %}
    {% if grain and load_result('main')['data'] %}
        {{ exceptions.raise_compiler_error(concord_not_the_grain(grain, load_result('main')['data'][0])) }}
    {% endif %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target]}) }}
{% endmacro %}

{#- The columns in all of which no two rows may agree; none where rows may repeat. -#}
{% macro concord_grain() %}
    {{ return((model.config.meta or {}).get('grain', [])) }}
{% endmacro %}

{#- One key that is there more than once, with the number of its rows. -#}
{% macro concord_repeated(relation, grain) -%}
select {{ grain | join(', ') }}, count(*) as row_count
from {{ relation }}
group by {{ grain | join(', ') }}
having count(*) > 1
limit 1
{%- endmacro %}

{% macro concord_not_the_grain(grain, repeated) %}
    {{ return(
        'not one row per (' ~ grain | join(', ') ~ '): ' ~ repeated[-1] ~ ' rows share ('
        ~ repeated[:-1] | join(', ') ~ '). What was there before stays.'
    ) }}
{% endmacro %}

{#- With a contract in the order of its columns; their names and types are proven equal before. -#}
{% macro concord_replacement(target) %}
    {%- if config.get('contract').enforced %}
        {{ get_assert_columns_equivalent(sql) }}
    {%- endif %}
    create or replace {{ target.type }} {{ target }} as (
        {{ get_select_subquery(sql) if config.get('contract').enforced and target.is_table else sql }}
    )
{% endmacro %}

{#- The adapter calls `model` of the compiled module and hands what it returns to `materialize`. -#}
{% macro concord_python_replacement(target) %}
{{- compiled_code }}

def materialize(rows, session):
    session.register('returned_rows', rows)
    {%- set grain = concord_grain() %}
    {%- if grain %}
    repeated = session.execute("""{{ concord_repeated('returned_rows', grain) }}""").fetchone()
    if repeated:
        raise ValueError(f'not one row per ({{ grain | join(', ') }}): {repeated[-1]} rows share {repeated[:-1]}')
    {%- endif %}
    session.execute('create or replace table {{ target }} as select * from returned_rows')
    session.unregister('returned_rows')
{% endmacro %}
