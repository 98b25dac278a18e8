{#- The key of a unit conversion request: instance, item, supplier, unit, day and whose view comes first. -#}
{% macro unit_request_key(alias) -%}
    {{ concord_key([
        alias ~ '.source_instance',
        alias ~ '.item_key',
        alias ~ '.supplier_key',
        alias ~ '.uom_code',
        alias ~ '.on_date',
        alias ~ '.prefers_record',
    ]) }}
{%- endmacro %}
