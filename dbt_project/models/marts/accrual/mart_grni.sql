-- One row per PO line with goods or invoices, at the run's cut-off: what is received and not invoiced, invoiced and not received, or due back (domain_rules 3.9).
with

accruals as (select * from {{ ref('rec_receipt_vs_invoice') }}),
suppliers as (select * from {{ ref('dim_supplier') }}),
items as (select * from {{ ref('dim_item') }}),

final as (
    select
        accruals.as_of as as_of_date,
        accruals.source_instance,
        accruals.native_id,
        accruals.po_number,
        accruals.line_number as po_line_number,
        accruals.legal_entity_code,
        accruals.facility_code,
        suppliers.supplier_name,
        items.item_number,
        accruals.accrual_class,
        accruals.base_uom_code,
        accruals.received_quantity,
        accruals.posted_quantity as invoiced_quantity,
        accruals.grni_quantity,
        accruals.grni_amount,
        accruals.irng_quantity,
        accruals.irng_amount,
        accruals.credit_expected_quantity,
        accruals.credit_expected_amount,
        accruals.not_posted_quantity,
        accruals.not_posted_amount,
        accruals.accrual_currency_code as currency_code,
        accruals.ledger_instance,
        case when accruals.accrual_class not in ('SETTLED', 'NOT_ACCRUED') then accruals.open_since end as open_since,
        case
            when accruals.accrual_class in ('SETTLED', 'NOT_ACCRUED') then null
            when accruals.open_days <= 30 then '0-30'
            when accruals.open_days <= 60 then '31-60'
            when accruals.open_days <= 90 then '61-90'
            when accruals.open_days <= 180 then '91-180'
            else '>180'
        end as age_bucket
    from accruals
    left join suppliers on accruals.supplier_key = suppliers.supplier_key
    left join items on accruals.item_key = items.item_key
)

select * from final
