-- One row per PO line that expects goods: hours from approval to its first and last receipt (domain_rules 3.16 K6).
with

order_lines as (
    select * from {{ ref('fct_purchase_order_line') }}
    where {{ needs_receipt('match_category') }} and approved_at is not null
),
receipts as (
    select * from {{ ref('fct_receipt_line') }}
    where receipt_type = 'RECEIPT' and not is_synthetic and purchase_order_line_key is not null
),
suppliers as (select * from {{ ref('dim_supplier') }}),

arrived as (
    select
        purchase_order_line_key,
        min(recorded_at) as first_recorded_at,
        max(recorded_at) as last_recorded_at,
        count(*) as receipt_count
    from receipts
    where recorded_at is not null
    group by purchase_order_line_key
),

final as (
    select
        order_lines.source_instance,
        order_lines.native_id,
        order_lines.po_number,
        order_lines.line_number as po_line_number,
        order_lines.legal_entity_code,
        order_lines.facility_code,
        suppliers.supplier_name,
        order_lines.item_key,
        order_lines.approved_at,
        order_lines.promised_date,
        arrived.first_recorded_at,
        arrived.last_recorded_at,
        coalesce(arrived.receipt_count, 0) as receipt_count,
        {{ divide(seconds_between('order_lines.approved_at', 'arrived.first_recorded_at'), '3600', 2) }}
            as first_receipt_hours,
        {{ divide(seconds_between('order_lines.approved_at', 'arrived.last_recorded_at'), '3600', 2) }}
            as last_receipt_hours
    from order_lines
    left join arrived on order_lines.purchase_order_line_key = arrived.purchase_order_line_key
    left join suppliers on order_lines.supplier_key = suppliers.supplier_key
)

select * from final
