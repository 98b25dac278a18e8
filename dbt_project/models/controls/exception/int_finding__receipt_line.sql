-- One row per receipt line whose quantity cannot be read: its unit is unknown or has no conversion (domain_rules 3.3.1).
with

receipts as (select * from {{ ref('fct_receipt_line') }}),
codes as (select * from {{ ref('exception_code') }}),

final as (
    select
        'receipt_line' as entity_type,
        receipts.source_instance,
        receipts.native_id,
        codes.code,
        coalesce(receipts.receipt_number || '|' || cast(receipts.line_number as string), receipts.native_id)
            as business_key,
        cast(null as string) as legal_entity_code,
        cast(null as string) as supplier_key,
        receipts.facility_code,
        receipts.purchase_order_line_key,
        cast(null as string) as invoice_key,
        cast(null as decimal(18, 2)) as amount_at_risk,
        receipts.quantity as quantity_at_risk,
        cast(null as string) as cause_code,
        cast(null as decimal(18, 6)) as cause_ratio,
        cast(null as decimal(18, 6)) as proposed_quantity,
        codes.severity
    from receipts
    inner join codes on codes.code = 'UOM_UNRESOLVED'
    where receipts.unit_factor is null
)

select * from final
