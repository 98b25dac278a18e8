-- One row per PO line that use in cases stands for, or use nobody ordered yet, at the run's cut-off: used, replaced, billed, and what is owed (domain_rules 3.5, 3.9).
with

settled as (select * from {{ ref('rec_usage_vs_invoice') }} where is_as_of),
suppliers as (select * from {{ ref('dim_supplier') }}),
items as (select * from {{ ref('dim_item') }}),

final as (
    select
        settled.cutoff_date as as_of_date,
        settled.entity_type,
        settled.source_instance,
        settled.native_id,
        settled.match_category,
        settled.po_number,
        settled.line_number as po_line_number,
        settled.legal_entity_code,
        settled.facility_code,
        suppliers.supplier_name,
        items.item_number,
        settled.base_uom_code,
        settled.used_quantity,
        settled.received_quantity,
        settled.stock_quantity,
        settled.billed_quantity,
        settled.posted_quantity,
        settled.unbilled_quantity,
        settled.not_posted_quantity,
        settled.liability_quantity,
        settled.unit_price,
        {{ money('settled.unbilled_amount + settled.not_posted_amount') }} as liability_amount,
        settled.currency_code
    from settled
    left join suppliers on settled.supplier_key = suppliers.supplier_key
    left join items on settled.item_key = items.item_key
)

select * from final
