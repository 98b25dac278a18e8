{#- A journal that carries balances or open items of a former ledger over; it posts no document. -#}
{% macro is_conversion(source_code) -%}
    coalesce(upper({{ source_code }}) in ('OPENING', 'CONVERSION'), false)
{%- endmacro %}
