-- One row per PO line: the scope by which tolerances and parameters are chosen (domain_rules 3.1).
with

order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
suppliers as (select * from {{ ref('dim_supplier') }}),
facilities as (select * from {{ ref('dim_facility') }}),

facility_types as (
    select
        facility_code,
        max(facility_type) as facility_type
    from facilities
    group by facility_code
),

final as (
    select
        order_lines.purchase_order_line_key,
        suppliers.supplier_number,
        order_lines.facility_code,
        facility_types.facility_type,
        order_lines.legal_entity_code,
        coalesce(order_lines.category_code, order_lines.spend_type) as category_code,
        order_lines.po_type as document_type,
        order_lines.ordered_date as on_date
    from order_lines
    left join suppliers on order_lines.supplier_key = suppliers.supplier_key
    left join facility_types on order_lines.facility_code = facility_types.facility_code
)

select * from final
