-- One row per judged entity in this run: status, codes and the numbers that a later run compares to name a cure.
with

line_matches as (select * from {{ ref('rec_invoice_line_vs_purchase_order_line') }} where is_judged),
findings as (select * from {{ ref('int_finding__current') }}),

-- What explained a finding stays with the verdict: a cured one is no longer found, and has no cause of its own.
causes as (
    select
        entity_type,
        source_instance,
        native_id,
        {{ joined("code || '=' || cause_code", 'code') }} as causes
    from findings
    where cause_code is not null
    group by entity_type, source_instance, native_id
),

{% set numbers = {} %}
{% for name in ['ordered_quantity', 'received_quantity', 'receipt_factor', 'invoiced_quantity', 'net_quantity',
    'po_unit_price', 'invoice_unit_price', 'price_variance_amount'] %}
{% do numbers.update({name: 'cast(line_matches.' ~ name ~ ' as string)'}) %}
{% endfor %}
of_lines as (
    select
        'invoice_line' as entity_type,
        line_matches.source_instance,
        line_matches.native_id,
        line_matches.match_status,
        line_matches.codes,
        case
            when causes.causes is null then {{ json_object(numbers) }}
            else {{ json_object(dict(numbers, causes='causes.causes')) }}
        end as fingerprint
    from line_matches
    left join causes
        on
            causes.entity_type = 'invoice_line'
            and line_matches.source_instance = causes.source_instance
            and line_matches.native_id = causes.native_id
),

of_others as (
    select
        findings.entity_type,
        findings.source_instance,
        findings.native_id,
        case
            when max(case when findings.severity = 'BLOCK' then 1 else 0 end) = 1 then 'EXCEPTION'
            else 'MATCHED_IN_TOLERANCE'
        end as match_status,
        {{ joined('findings.code', 'findings.code') }} as codes,
        case when max(causes.causes) is null then '{}' else {{ json_object({'causes': 'max(causes.causes)'}) }} end
            as fingerprint
    from findings
    left join causes
        on
            findings.entity_type = causes.entity_type
            and findings.source_instance = causes.source_instance
            and findings.native_id = causes.native_id
    where findings.entity_type <> 'invoice_line'
    group by findings.entity_type, findings.source_instance, findings.native_id
),

final as (
    select * from of_lines
    union all
    select * from of_others
)

select * from final
