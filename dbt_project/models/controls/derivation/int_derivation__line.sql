-- One row per PO, receipt and invoice line whose account is derived, with the day that counts: of the order, the receipt, the posting (domain_rules 3.10).
with

order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
receipts as (select * from {{ ref('fct_receipt_line') }}),
items as (select * from {{ ref('dim_item') }}),
suppliers as (select * from {{ ref('dim_supplier') }}),
-- A supplier is part of the question only where a rule asks for one.
asked_suppliers as (
    select supplier from {{ ref('stg_landscape__account_rule') }} where supplier is not null group by supplier
),

ordered as (
    select
        'purchase_order_line' as entity_type,
        order_lines.purchase_order_line_key as line_key,
        order_lines.source_instance,
        order_lines.native_id,
        order_lines.purchase_order_line_key,
        cast(null as string) as invoice_key,
        order_lines.po_number || '|' || coalesce(cast(order_lines.line_number as string), '') as business_key,
        order_lines.legal_entity_code,
        order_lines.supplier_key,
        order_lines.facility_code,
        order_lines.cost_center_code,
        coalesce(order_lines.category_code, items.category_code) as category_code,
        coalesce(order_lines.spend_type, items.spend_type) as spend_type,
        order_lines.ordered_date as derived_on,
        order_lines.account_code,
        order_lines.base_unit_price as unit_cost,
        order_lines.line_amount as amount,
        order_lines.currency_code,
        false as is_unposted
    from order_lines
    left join items on order_lines.item_key = items.item_key
    where coalesce(order_lines.line_status, '') <> 'CANCELLED' and coalesce(order_lines.po_status, '') <> 'CANCELLED'
),

received as (
    select
        'receipt_line' as entity_type,
        receipts.receipt_line_key as line_key,
        receipts.source_instance,
        receipts.native_id,
        receipts.purchase_order_line_key,
        cast(null as string) as invoice_key,
        coalesce(receipts.receipt_number, '') || '|' || coalesce(receipts.line_number, '') as business_key,
        order_lines.legal_entity_code,
        order_lines.supplier_key,
        coalesce(receipts.facility_code, order_lines.facility_code) as facility_code,
        order_lines.cost_center_code,
        coalesce(order_lines.category_code, items.category_code) as category_code,
        coalesce(order_lines.spend_type, items.spend_type) as spend_type,
        receipts.receipt_date as derived_on,
        order_lines.account_code,
        order_lines.base_unit_price as unit_cost,
        {{ extended_price('receipts.received_quantity', 'order_lines') }} as amount,
        order_lines.currency_code,
        false as is_unposted
    from receipts
    inner join order_lines on receipts.purchase_order_line_key = order_lines.purchase_order_line_key
    left join items on order_lines.item_key = items.item_key
    where receipts.receipt_type = 'RECEIPT'
),

invoiced as (select * from {{ ref('int_derivation__invoice_line') }}),

final as (
    select
        lines.*,
        asked_suppliers.supplier as supplier_number,
        {{ concord_key(['lines.legal_entity_code', 'lines.facility_code', 'lines.cost_center_code',
            'lines.category_code', 'lines.spend_type', 'asked_suppliers.supplier', 'lines.derived_on']) }}
            as derivation_case_key
    from (
        select * from ordered
        union all
        select * from received
        union all
        select * from invoiced
    ) as lines
    left join suppliers on lines.supplier_key = suppliers.supplier_key
    left join asked_suppliers on suppliers.supplier_number = asked_suppliers.supplier
)

select * from final
