-- One row per PO line whose receipts the ledger carries at another value, and per posting of a document that nobody knows (domain_rules 3.9, R-8).
with

parts as (select * from {{ ref('rec_grni_vs_ledger') }}),
lines as (select * from {{ ref('int_bridge__line') }}),
codes as (select * from {{ ref('exception_code') }}),

found as (
    select
        parts.*,
        case
            when parts.bridge_class = 'ORPHAN_POSTING' then 'ORPHAN_POSTING'
            when
                parts.bridge_class in ('RECEIPT_VALUE', 'UNEXPLAINED')
                and abs(parts.amount) > 0.01 * (lines.document_count + 4)
                then 'ACCRUAL_WRONG'
        end as code
    from parts
    left join lines
        on parts.entity_type = 'purchase_order_line' and parts.purchase_order_line_key = lines.purchase_order_line_key
),

final as (
    select
        found.entity_type,
        found.source_instance,
        found.native_id,
        found.code,
        found.business_key,
        found.legal_entity_code,
        found.supplier_key,
        found.facility_code,
        found.purchase_order_line_key,
        cast(null as string) as invoice_key,
        {{ money('abs(sum(found.amount))') }} as amount_at_risk,
        cast(null as decimal(18, 6)) as quantity_at_risk,
        case when found.code = 'ACCRUAL_WRONG' then min(found.bridge_class) end as cause_code,
        cast(null as decimal(18, 6)) as cause_ratio,
        cast(null as decimal(18, 6)) as proposed_quantity,
        codes.severity,
        {{ json_object({
            'account_code': 'min(found.account_code)',
            'ledger_instance': 'min(found.ledger_instance)',
            'difference': 'cast(sum(found.amount) as string)',
            'owed_amount': 'cast(min(lines.owed_amount) as string)',
            'ledger_amount': 'cast(min(lines.ledger_amount) as string)',
        }) }} as evidence
    from found
    inner join codes on found.code = codes.code
    left join lines
        on found.entity_type = 'purchase_order_line' and found.purchase_order_line_key = lines.purchase_order_line_key
    group by
        found.entity_type, found.source_instance, found.native_id, found.code, found.business_key,
        found.legal_entity_code, found.supplier_key, found.facility_code, found.purchase_order_line_key, codes.severity
)

select * from final
