{#- The value of a quantity in base units at the price of its order line, in another currency by `rate`: extended first,
    rounded once (domain_rules 3.0.1, 3.9). -#}
{% macro extended_price(base_quantity, order_line, rate='1') -%}
    {{ money(product(
        divide(product('(' ~ base_quantity ~ ')', order_line ~ '.order_unit_price'), order_line ~ '.unit_factor', 6),
        rate)) }}
{%- endmacro %}
