-- One row per invoice line for goods or services: every number its verdict needs, in base units and order prices (domain_rules 3.4.5).
with

lines as (select * from {{ ref('fct_invoice_line') }} where charge_class in ('GOODS', 'SERVICE')),
invoices as (select * from {{ ref('fct_invoice') }} where not is_void),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
receipts as (select * from {{ ref('int_purchase_order_line__receipt') }}),
bridge as (select * from {{ ref('bridge_invoice_line_x_receipt_line') }}),
opened as (select * from {{ ref('int_invoice_line__to_date') }}),
prices as (select * from {{ ref('int_invoice_line__price') }}),
unread as (
    select entity_scope from {{ ref('int_unread_master') }}
    where domain in ('invoice', 'purchase_order', 'receipt', 'item')
    group by entity_scope
),
unread_everywhere as (select count(*) as domain_count from unread where entity_scope is null),

covered as (
    select invoice_line_key, sum(allocated_quantity) as covered_quantity from bridge group by invoice_line_key
),

final as (
    select
        lines.invoice_line_key,
        lines.invoice_key,
        lines.purchase_order_line_key,
        lines.source_system,
        lines.source_instance,
        lines.native_id,
        invoices.invoice_type,
        invoices.credit_kind,
        invoices.original_invoice_id,
        invoices.invoice_date,
        invoices.supplier_key,
        invoices.legal_entity_code,
        invoices.currency_code,
        unread.entity_scope is null and unread_everywhere.domain_count = 0 as is_judged,
        lines.link_level,
        lines.has_po_reference,
        -- Neither reference, item, part nor a quantity of goods: coding and approval decide (3.4.1, NON_PO).
        lines.has_po_reference
        or lines.purchase_order_line_key is not null
        or lines.item_key is not null
        or lines.supplier_part_number is not null
        or (lines.charge_class = 'GOODS' and lines.quantity is not null)
        or (lines.charge_class = 'GOODS' and invoices.invoice_type = 'CREDIT') as is_matchable,
        coalesce(order_lines.match_category, 'NON_PO') as match_category,
        lines.quantity,
        lines.unit_price as source_unit_price,
        lines.price_per_quantity,
        lines.line_amount,
        lines.source_uom_code,
        lines.uom_code,
        lines.base_uom_code,
        lines.unit_factor,
        lines.invoiced_quantity,
        invoices.invoice_type = 'CREDIT' or lines.line_amount < 0 as is_credit,
        coalesce(opened.net_quantity, 0) as net_quantity,
        coalesce(opened.is_subsequent_debit, false) or coalesce(opened.net_quantity, 0) > 0 as is_priced,
        {{ quantity('coalesce(opened.net_quantity_to_date, 0) + coalesce(opened.opening_invoiced_quantity, 0)'
            ~ ' - coalesce(opened.net_quantity, 0)') }} as previously_invoiced_quantity,
        {{ quantity('coalesce(opened.net_quantity_to_date, 0) + coalesce(opened.opening_invoiced_quantity, 0)') }}
            as invoiced_to_date,
        {{ quantity('coalesce(covered.covered_quantity, 0)') }} as covered_quantity,
        order_lines.ordered_quantity,
        receipts.received_quantity,
        receipts.accepted_quantity,
        receipts.used_quantity,
        receipts.returned_quantity,
        receipts.is_delivery_complete,
        receipts.receiving_instance,
        receipts.receipt_factor,
        order_lines.order_unit_price as po_order_unit_price,
        order_lines.base_unit_price as po_unit_price,
        prices.order_unit_price,
        prices.base_unit_price as invoice_unit_price,
        {{ quantity('prices.order_unit_price - order_lines.order_unit_price') }} as price_variance,
        {{ money(divide(
            product('(prices.order_unit_price - order_lines.order_unit_price)', 'prices.priced_quantity'),
            'order_lines.unit_factor', 6)) }} as price_variance_amount
    from lines
    cross join unread_everywhere
    inner join invoices on lines.invoice_key = invoices.invoice_key
    left join order_lines on lines.purchase_order_line_key = order_lines.purchase_order_line_key
    left join receipts on lines.purchase_order_line_key = receipts.purchase_order_line_key
    left join opened on lines.invoice_line_key = opened.invoice_line_key
    left join covered on lines.invoice_line_key = covered.invoice_line_key
    left join prices on lines.invoice_line_key = prices.invoice_line_key
    left join unread on invoices.legal_entity_code = unread.entity_scope
)

select * from final
