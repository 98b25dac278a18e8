-- One row per invoice line that asks for an order: its match verdict and the numbers behind it.
with

matches as (select * from {{ ref('rec_invoice_line_vs_purchase_order_line') }}),
suppliers as (select * from {{ ref('dim_supplier') }}),

final as (
    select
        matches.source_instance,
        matches.native_id,
        matches.invoice_number,
        matches.line_number,
        matches.po_number,
        matches.po_line_number,
        matches.legal_entity_code,
        matches.facility_code,
        matches.supplier_key,
        suppliers.supplier_name,
        matches.invoice_date,
        matches.currency_code,
        matches.line_amount,
        matches.match_category,
        matches.link_level,
        matches.match_status,
        matches.codes,
        matches.base_uom_code,
        matches.ordered_quantity,
        matches.received_quantity,
        matches.used_quantity,
        matches.previously_invoiced_quantity,
        matches.invoiced_quantity,
        matches.covered_quantity,
        matches.po_unit_price,
        matches.invoice_unit_price,
        matches.price_variance_amount,
        matches.quantity_variance,
        matches.cause_code,
        matches.cause_ratio,
        matches.proposed_quantity,
        matches.evaluated_as_of
    from matches
    left join suppliers on matches.supplier_key = suppliers.supplier_key
)

select * from final
