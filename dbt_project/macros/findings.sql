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

{#- Findings about masters and payments in the shape of all findings. `relation` tells entity_type, source_instance,
    native_id, code, business_key, legal_entity_code, supplier_key, amount_at_risk and evidence (JSON), and a cause where `has_cause`; `codes` is a CTE. -#}
{% macro finding_rows(relation, has_cause=false) -%}
    select
        {{ relation }}.entity_type,
        {{ relation }}.source_instance,
        {{ relation }}.native_id,
        {{ relation }}.code,
        {{ relation }}.business_key,
        {{ relation }}.legal_entity_code,
        {{ relation }}.supplier_key,
        cast(null as string) as facility_code,
        cast(null as string) as purchase_order_line_key,
        cast(null as string) as invoice_key,
        {{ relation }}.amount_at_risk,
        cast(null as decimal(18, 6)) as quantity_at_risk,
        {{ relation ~ '.cause_code' if has_cause else 'cast(null as string)' }} as cause_code,
        cast(null as decimal(18, 6)) as cause_ratio,
        cast(null as decimal(18, 6)) as proposed_quantity,
        codes.severity,
        {{ relation }}.evidence
    from {{ relation }}
    inner join codes on {{ relation }}.code = codes.code
{%- endmacro %}
