{#- Tables and views replaced in one statement on DuckDB, in one transaction; whoever dies leaves what was there.
    dbt's own build beside, rename twice and drop, which costs more than the SQL of most models. Other engines keep
    theirs, as does whatever this project does not use: indexes, constraints, grants, descriptions in the database.
    The columns a contract promises and the grain (`meta: {grain: [...]}`) are proven on what was built, before it
    takes the place of what was there: dbt asks for both in queries of their own, which plan all the SQL again. -#}
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
    {% call statement('main') %}
        create or replace {{ kind }} {{ target }} as (
            {{ sql }}
        );
        {{ concord_proofs(target) }}
    {% endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target]}) }}
{% endmacro %}

{#- Statements that fail, with what is wrong, unless a relation keeps what its YAML promises. -#}
{% macro concord_proofs(relation) -%}
    {%- if config.get('contract').enforced %}
        {{ concord_contract_proof(relation) }};
    {%- endif %}
    {%- set grain = concord_grain() %}
    {%- if grain %}
        {{ concord_grain_proof(relation, grain) }};
    {%- endif %}
{%- endmacro %}

{#- Names, types and order of the columns; types as the engine spells them, decimals with their digits. -#}
{% macro concord_contract_proof(relation) -%}
select error('the contract has other columns: ' || string_agg(difference, '; ') || '. What was there before stays.')
from (
    select
        'column ' || (coalesce(promised.position, found.cid) + 1) || ' is '
        || coalesce(found.name || ' ' || lower(found.type), 'missing') || ', promised is '
        || coalesce(promised.name || ' ' || lower(promised.type), 'none') as difference
    from (
        values
        {%- for column in model.columns.values() %}
        ({{ loop.index0 }}, '{{ column.name }}', typeof(cast(null as {{ column.data_type }}))){{ ',' if not loop.last }}
        {%- endfor %}
    ) as promised (position, name, type)
    full join pragma_table_info('{{ relation }}') as found on promised.position = found.cid
    where promised.name is distinct from found.name or promised.type is distinct from found.type
    order by coalesce(promised.position, found.cid)
) as differences
having count(*) > 0
{%- endmacro %}

{#- The columns in all of which no two rows may agree; none where rows may repeat. -#}
{% macro concord_grain() %}
    {{ return((model.config.meta or {}).get('grain', [])) }}
{% endmacro %}

{#- Names one key that is there more than once, with the number of its rows. -#}
{% macro concord_grain_proof(relation, grain) -%}
select
    error(
        'not one row per ({{ grain | join(', ') }}): ' || count(*) || ' rows share ('
        || concat_ws(', ', {% for name in grain %}coalesce(cast({{ name }} as varchar), 'null'){{ ', ' if not loop.last }}
        {%- endfor %}) || '). What was there before stays.'
    )
from {{ relation }}
group by {{ grain | join(', ') }}
having count(*) > 1
limit 1
{%- endmacro %}

{#- The adapter calls `model` of the compiled module and hands what it returns to `materialize`. -#}
{% macro concord_python_replacement(target) %}
{{- compiled_code }}

def materialize(rows, session):
    session.register('returned_rows', rows)
    session.execute("""{{ concord_proofs('returned_rows') }}""")
    session.execute('create or replace table {{ target }} as select * from returned_rows')
    session.unregister('returned_rows')
{% endmacro %}
