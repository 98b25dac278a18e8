-- One row per receipt recorded after the end of its period, while that is being closed (domain_rules 3.15).
with

postings as (
    select
        *,
        'LATE_RECORDED' as code
    from {{ ref('int_close__posting') }}
    where is_late_recorded and close_state in ('OPEN', 'CLOSING')
),
codes as (select * from {{ ref('exception_code') }}),

final as (
    select
        postings.entity_type,
        postings.source_instance,
        postings.native_id,
        postings.code,
        postings.business_key,
        nullif(postings.legal_entity_code, 'UNKNOWN') as legal_entity_code,
        postings.supplier_key,
        postings.facility_code,
        postings.purchase_order_line_key,
        cast(null as string) as invoice_key,
        postings.amount as amount_at_risk,
        cast(null as decimal(18, 6)) as quantity_at_risk,
        cast(null as string) as cause_code,
        cast(null as decimal(18, 6)) as cause_ratio,
        cast(null as decimal(18, 6)) as proposed_quantity,
        codes.severity,
        {{ json_object({
            'words': 'codes.words',
            'receipt_date': 'cast(postings.document_date as string)',
            'recorded_on': 'cast(postings.came_on as string)',
            'period_code': 'postings.period_code',
            'period_end': 'cast(postings.period_end as string)',
        }) }} as evidence
    from postings
    inner join codes on postings.code = codes.code
)

select * from final
