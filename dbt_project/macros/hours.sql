{#- A UTC timestamp some hours later. -#}

{% macro add_hours(moment, hours) -%}
    {{ return(adapter.dispatch('add_hours', 'concord')(moment, hours)) }}
{%- endmacro %}

{% macro default__add_hours(moment, hours) -%}
    ({{ moment }} + to_seconds(cast({{ hours }} * 3600 as bigint)))
{%- endmacro %}

{% macro spark__add_hours(moment, hours) -%}
    timestampadd(second, cast({{ hours }} * 3600 as bigint), {{ moment }})
{%- endmacro %}
