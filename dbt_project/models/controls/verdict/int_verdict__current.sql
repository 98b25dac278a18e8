-- One row per judged entity in this run: status, codes, the numbers that a later run compares to name a cure, and what is said of it.
with

line_matches as (select * from {{ ref('rec_invoice_line_vs_purchase_order_line') }} where is_judged),
findings as (select * from {{ ref('int_finding__current') }}),
exception_codes as (select * from {{ ref('exception_code') }}),
run as (select * from {{ ref('stg_landscape__run') }}),

-- Whom a finding concerned, how much and why stays with the verdict: a cured one is no longer found.
said as (
    select
        findings.entity_type,
        findings.source_instance,
        findings.native_id,
        max(case when findings.severity = 'BLOCK' then 1 else 0 end) as block_count,
        {{ joined('findings.code', 'findings.code') }} as codes,
        {{ joined('case when exception_codes.step > 100 then findings.code end', 'findings.code') }} as other_codes,
        {%- for list, value in [('causes', 'findings.cause_code'),
            ('amounts', 'cast(findings.amount_at_risk as string)'), ('quantities', 'cast(findings.quantity_at_risk as string)')] %}
        {{ joined("findings.code || '=' || " ~ value, 'findings.code') }} as {{ list }},
        {%- endfor %}
        {%- for column in ['business_key', 'legal_entity_code', 'facility_code', 'supplier_key',
            'purchase_order_line_key', 'invoice_key'] %}
        max(findings.{{ column }}) as {{ column }},
        {%- endfor %}
        max(run.rule_set_version) as rule_set_version
    from findings
    inner join exception_codes on findings.code = exception_codes.code
    cross join run
    group by findings.entity_type, findings.source_instance, findings.native_id
),

{% set about = {} %}
{% for name in ['causes', 'amounts', 'quantities', 'business_key', 'legal_entity_code', 'facility_code', 'supplier_key',
    'purchase_order_line_key', 'invoice_key', 'rule_set_version'] %}
{% do about.update({name: 'said.' ~ name}) %}
{% endfor %}
{% set numbers = {} %}
{% for name in ['ordered_quantity', 'received_quantity', 'receipt_factor', 'invoiced_quantity', 'net_quantity',
    'po_unit_price', 'invoice_unit_price', 'price_variance_amount'] %}
{% do numbers.update({name: 'cast(line_matches.' ~ name ~ ' as string)'}) %}
{% endfor %}
{#- Where use stands for the receipt, what is used later cures as a receipt does. -#}
{% do numbers.update({'received_quantity':
    'cast(coalesce(line_matches.used_quantity, line_matches.received_quantity) as string)'}) %}
of_lines as (
    select
        'invoice_line' as entity_type,
        line_matches.source_instance,
        line_matches.native_id,
        line_matches.match_status,
        -- Matching names its own codes in the order of evaluation; what other controls say of the line follows.
        concat_ws(',', nullif(line_matches.codes, ''), said.other_codes) as codes,
        case
            when said.codes is null then {{ json_object(numbers) }}
            else {{ json_object(dict(numbers, **about)) }}
        end as fingerprint
    from line_matches
    left join said
        on
            said.entity_type = 'invoice_line'
            and line_matches.source_instance = said.source_instance
            and line_matches.native_id = said.native_id
),

of_others as (
    select
        said.entity_type,
        said.source_instance,
        said.native_id,
        case
            when said.entity_type = 'invoice_line' then 'NOT_JUDGED'
            when said.block_count = 1 then 'EXCEPTION'
            else 'MATCHED_IN_TOLERANCE'
        end as match_status,
        said.codes,
        {{ json_object(about) }} as fingerprint
    from said
    left join line_matches
        on
            said.source_instance = line_matches.source_instance
            and case when said.entity_type = 'invoice_line' then said.native_id end = line_matches.native_id
    where line_matches.native_id is null
),

final as (
    select * from of_lines
    union all
    select * from of_others
)

select * from final
