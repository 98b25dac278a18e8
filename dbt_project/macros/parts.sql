{#- Do two lines speak of the same thing? Compared by item, GTIN, supplier part and manufacturer part (domain_rules 3.4.2). -#}

{#- At least one identifier both sides carry is equal. -#}
{% macro parts_equal(a, b) -%}
    (
        coalesce({{ a }}.item_key = {{ b }}.item_key, false)
        or coalesce({{ a }}.gtin = {{ b }}.gtin, false)
        or ({{ a }}.supplier_part <> '' and {{ a }}.supplier_part = {{ b }}.supplier_part)
        or ({{ a }}.manufacturer_part <> '' and {{ a }}.manufacturer_part = {{ b }}.manufacturer_part)
    )
{%- endmacro %}

{#- Equal, or no identifier is carried by both sides. -#}
{% macro parts_agree(a, b) -%}
    (
        {{ parts_equal(a, b) }}
        or (
            ({{ a }}.item_key is null or {{ b }}.item_key is null)
            and ({{ a }}.gtin is null or {{ b }}.gtin is null)
            and ({{ a }}.supplier_part = '' or {{ b }}.supplier_part = '')
            and ({{ a }}.manufacturer_part = '' or {{ b }}.manufacturer_part = '')
        )
    )
{%- endmacro %}
