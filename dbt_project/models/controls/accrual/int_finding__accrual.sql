-- One row per PO line and finding about what is owed for it: a return that nobody credited, a receipt that no ledger shows (domain_rules 3.9).
with

comparisons as (select * from {{ ref('rec_receipt_vs_invoice') }}),
parameters as (
    select * from {{ ref('int_purchase_order_line__parameter') }} where parameter_code = 'CREDIT_SLA_DAYS'
),
codes as (select * from {{ ref('exception_code') }}),

judged as (
    select
        comparisons.*,
        {{ extended_price('comparisons.uncredited_quantity', 'comparisons') }} as uncredited_amount,
        {{ extended_price('comparisons.missing_quantity', 'comparisons') }} as missing_amount,
        comparisons.uncredited_quantity > 0
        and {{ days_between('comparisons.uncredited_since', 'comparisons.as_of') }} > coalesce(parameters.value, 0)
            as is_uncredited,
        comparisons.missing_quantity > 0 as is_missing
    from comparisons
    left join parameters on comparisons.purchase_order_line_key = parameters.purchase_order_line_key
),

found as (
    {{ findings('judged', 'purchase_order_line_key', [
        ('RETURN_WITHOUT_CREDIT', 'is_uncredited', 'uncredited_amount', 'uncredited_quantity'),
        ('ACCRUAL_MISSING', 'is_missing', 'missing_amount', 'missing_quantity'),
    ]) }}
),

final as (
    select
        'purchase_order_line' as entity_type,
        comparisons.source_instance,
        comparisons.native_id,
        found.code,
        comparisons.po_number || '|' || coalesce(cast(comparisons.line_number as string), '') as business_key,
        comparisons.legal_entity_code,
        comparisons.supplier_key,
        comparisons.facility_code,
        comparisons.purchase_order_line_key,
        cast(null as string) as invoice_key,
        found.amount_at_risk,
        found.quantity_at_risk,
        cast(null as string) as cause_code,
        cast(null as decimal(18, 6)) as cause_ratio,
        cast(null as decimal(18, 6)) as proposed_quantity,
        codes.severity,
        {{ json_object({
            'words': 'codes.words',
            'po_number': 'comparisons.po_number',
            'po_line_number': 'cast(comparisons.line_number as string)',
            'base_uom_code': 'comparisons.base_uom_code',
            'received_quantity': 'cast(comparisons.received_quantity as string)',
            'returned_quantity': 'cast(comparisons.returned_quantity as string)',
            'invoiced_quantity': 'cast(comparisons.billed_quantity as string)',
            'uncredited_since': 'cast(comparisons.uncredited_since as string)',
            'grni_quantity': 'cast(comparisons.grni_quantity as string)',
            'ledger_instance': 'comparisons.ledger_instance',
        }) }} as evidence
    from found
    inner join comparisons on found.purchase_order_line_key = comparisons.purchase_order_line_key
    inner join codes on found.code = codes.code
)

select * from final
