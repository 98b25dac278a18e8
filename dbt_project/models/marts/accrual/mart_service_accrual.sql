-- One row per order line of a service, at the run's cut-off: the value performed, billed and posted, and what is to be accrued (domain_rules 3.9).
with

services as (
    select * from {{ ref('rec_service_vs_invoice') }}
    where is_as_of and (performed_amount <> 0 or billed_amount <> 0)
),
suppliers as (select * from {{ ref('dim_supplier') }}),

final as (
    select
        services.cutoff_date as as_of_date,
        services.source_instance,
        services.native_id,
        services.po_number,
        services.line_number as po_line_number,
        services.legal_entity_code,
        services.facility_code,
        suppliers.supplier_name,
        services.description,
        services.order_amount,
        services.performed_basis,
        services.performed_amount,
        services.posted_amount as invoiced_amount,
        services.unbilled_amount,
        services.not_posted_amount,
        {{ money('services.unbilled_amount + services.not_posted_amount') }} as accrual_amount,
        services.currency_code
    from services
    left join suppliers on services.supplier_key = suppliers.supplier_key
)

select * from final
