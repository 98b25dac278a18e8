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

{#- Findings in the shape of all findings. `relation` tells entity_type, source_instance, native_id, code, business_key,
    legal_entity_code, supplier_key, amount_at_risk and evidence (JSON), and what else is in `told`; `codes` is a CTE. -#}
{% macro finding_rows(relation, told=[]) -%}
    select
        {{ relation }}.entity_type,
        {{ relation }}.source_instance,
        {{ relation }}.native_id,
        {{ relation }}.code,
        {{ relation }}.business_key,
        {{ relation }}.legal_entity_code,
        {{ relation }}.supplier_key,
        {%- for name in ['facility_code', 'purchase_order_line_key', 'invoice_key'] %}
        {{ relation ~ '.' ~ name if name in told else 'cast(null as string) as ' ~ name }},
        {%- endfor %}
        {{ relation }}.amount_at_risk,
        {{ relation ~ '.quantity_at_risk' if 'quantity_at_risk' in told else 'cast(null as decimal(18, 6)) as quantity_at_risk' }},
        {{ relation ~ '.cause_code' if 'cause_code' in told else 'cast(null as string) as cause_code' }},
        cast(null as decimal(18, 6)) as cause_ratio,
        cast(null as decimal(18, 6)) as proposed_quantity,
        codes.severity,
        {{ relation }}.evidence
    from {{ relation }}
    inner join codes on {{ relation }}.code = codes.code
{%- endmacro %}
