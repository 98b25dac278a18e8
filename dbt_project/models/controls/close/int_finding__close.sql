-- One row per receipt recorded after the end of its period, while that is being closed (domain_rules 3.15).
with

codes as (select * from {{ ref('exception_code') }}),

found as (
    select
        entity_type,
        source_instance,
        native_id,
        'LATE_RECORDED' as code,
        business_key,
        nullif(legal_entity_code, 'UNKNOWN') as legal_entity_code,
        supplier_key,
        facility_code,
        purchase_order_line_key,
        amount as amount_at_risk,
        {{ json_object({
            'receipt_date': 'cast(document_date as string)',
            'recorded_on': 'cast(came_on as string)',
            'period_code': 'period_code',
            'period_end': 'cast(period_end as string)',
        }) }} as evidence
    from {{ ref('int_close__posting') }}
    where is_late_recorded and close_state in ('OPEN', 'CLOSING')
),

final as (
    {{ finding_rows('found', told=['facility_code', 'purchase_order_line_key']) }}
)

select * from final
