-- One row per document and code about its copy in another system, beyond the grace, in the shape of all findings (domain_rules 3.15).
with

differences as (select * from {{ ref('int_replica__difference') }}),
codes as (select * from {{ ref('exception_code') }}),

final as (
    select
        differences.entity_type,
        differences.source_instance,
        differences.native_id,
        differences.code,
        min(differences.business_key) as business_key,
        min(differences.legal_entity_code) as legal_entity_code,
        min(differences.supplier_key) as supplier_key,
        min(differences.facility_code) as facility_code,
        min(differences.purchase_order_line_key) as purchase_order_line_key,
        min(differences.invoice_key) as invoice_key,
        {{ money('max(differences.amount_at_risk)') }} as amount_at_risk,
        {{ quantity('max(differences.quantity_at_risk)') }} as quantity_at_risk,
        min(differences.cause_code) as cause_code,
        cast(null as decimal(18, 6)) as cause_ratio,
        cast(null as decimal(18, 6)) as proposed_quantity,
        min(codes.severity) as severity,
        {{ json_object({
            'words': 'min(codes.words)',
            'recon': 'min(differences.recon)',
            'other_instance': 'min(differences.replica_instance)',
            'difference_class': 'min(differences.difference_class)',
            'differences': joined("differences.field || ': ' || coalesce(differences.left_value, '-') || ' / ' "
                ~ "|| coalesce(differences.right_value, '-')", 'differences.field', '; '),
            'grace_until': 'cast(max(differences.grace_until) as string)',
        }) }} as evidence
    from differences
    inner join codes on differences.code = codes.code
    where differences.difference_class <> 'TIMING'
    group by differences.entity_type, differences.source_instance, differences.native_id, differences.code
)

select * from final
