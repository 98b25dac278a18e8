{#- A layer is a schema: no target prefix, so that every engine and every reader sees the same names. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
