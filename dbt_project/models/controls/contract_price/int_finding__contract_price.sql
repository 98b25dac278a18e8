-- One row per PO line whose price is not the contract's, in the shape of all findings (domain_rules 3.8).
with

comparisons as (select * from {{ ref('rec_purchase_order_line_vs_contract_price') }} where code is not null),
codes as (select * from {{ ref('exception_code') }}),

final as (
    select
        'purchase_order_line' as entity_type,
        comparisons.source_instance,
        comparisons.native_id,
        comparisons.code,
        comparisons.po_number || '|' || coalesce(cast(comparisons.line_number as string), '') as business_key,
        comparisons.legal_entity_code,
        comparisons.supplier_key,
        comparisons.facility_code,
        comparisons.purchase_order_line_key,
        cast(null as string) as invoice_key,
        coalesce(comparisons.opportunity_amount, abs(comparisons.variance_amount)) as amount_at_risk,
        comparisons.ordered_quantity as quantity_at_risk,
        cast(null as string) as cause_code,
        cast(null as decimal(18, 6)) as cause_ratio,
        cast(null as decimal(18, 6)) as proposed_quantity,
        codes.severity,
        {{ json_object({
            'words': 'codes.words',
            'po_number': 'comparisons.po_number',
            'po_line_number': 'cast(comparisons.line_number as string)',
            'ordered_quantity': 'cast(comparisons.ordered_quantity as string)',
            'base_uom_code': 'comparisons.base_uom_code',
            'po_unit_price': 'cast(comparisons.po_unit_price as string)',
            'expected_unit_price': 'cast(comparisons.expected_unit_price as string)',
            'contract_number': 'comparisons.contract_number',
            'distributor_contract_number': 'comparisons.distributor_contract_number',
            'tier_code': 'comparisons.tier_code',
            'priced_on': 'cast(comparisons.priced_on as string)',
            'variance_amount': 'cast(comparisons.variance_amount as string)',
            'recoverable_amount': 'cast(comparisons.recoverable_amount as string)',
        }) }} as evidence
    from comparisons
    inner join codes on comparisons.code = codes.code
)

select * from final
