{#- Turns one row of conditions into one row per finding: (key, code, amount_at_risk, quantity_at_risk, action).
    `rules` lists (code, condition, amount, quantity) or (code, condition, amount, quantity, action). -#}
{% macro findings(relation, key, rules) -%}
    {%- for rule in rules %}
    select
        {{ key }},
        '{{ rule[0] }}' as code,
        {{ money(rule[2]) }} as amount_at_risk,
        {{ quantity(rule[3]) }} as quantity_at_risk,
        cast({{ rule[4] if rule | length > 4 else 'null' }} as string) as action
    from {{ relation }}
    where {{ rule[1] }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}
