{#- Tables and views replaced in one statement on DuckDB, in one transaction; whoever dies leaves what was there.
    dbt's own build beside, rename twice and drop, which costs more than the SQL of most models. Other engines keep
    theirs, as does whatever this project does not use: indexes, constraints, grants, descriptions in the database. -#}
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
        {{ concord_replacement(target) }}
    {% endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target]}) }}
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
    session.execute('create or replace table {{ target }} as select * from returned_rows')
    session.unregister('returned_rows')
{% endmacro %}
