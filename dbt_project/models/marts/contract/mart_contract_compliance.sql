-- One row per PO line: did it get the contract price that held, if not why, and what that costs (domain_rules 3.8).
with

comparisons as (select * from {{ ref('rec_purchase_order_line_vs_contract_price') }}),
suppliers as (select * from {{ ref('dim_supplier') }}),
items as (select * from {{ ref('dim_item') }}),


final as (
    select
        comparisons.source_instance,
        comparisons.native_id,
        comparisons.po_number,
        comparisons.line_number as po_line_number,
        comparisons.legal_entity_code,
        comparisons.facility_code,
        suppliers.supplier_name,
        items.item_number,
        items.description as item_description,
        comparisons.ordered_date,
        comparisons.compliance_code,
        comparisons.contract_number,
        comparisons.distributor_contract_number,
        comparisons.tier_code,
        comparisons.met_by as item_met_by,
        comparisons.price_basis as price_basis_date,
        comparisons.priced_on,
        comparisons.is_unit_converted,
        comparisons.base_uom_code,
        comparisons.currency_code,
        comparisons.expected_unit_price,
        comparisons.po_unit_price,
        comparisons.ordered_quantity,
        comparisons.line_amount,
        comparisons.variance_amount,
        comparisons.leakage_amount,
        comparisons.recoverable_amount,
        comparisons.opportunity_amount
    from comparisons
    left join suppliers on comparisons.supplier_key = suppliers.supplier_key
    left join items on comparisons.item_key = items.item_key
)

select * from final
