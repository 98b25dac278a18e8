-- One row per unlinked invoice line with exactly one open PO line that would fit: for a steward, never automatic (domain_rules 3.4.2, step 6).
with

measures as (
    select * from {{ ref('int_invoice_line__measure') }}
    where link_level = 7 and is_matchable and not is_credit and invoiced_quantity > 0
),
invoice_lines as (select * from {{ ref('fct_invoice_line') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }} where po_status <> 'CANCELLED' or po_status is null),
nets as (select * from {{ ref('fct_invoice_line_net') }}),

billed as (
    select
        purchase_order_line_key,
        sum(net_quantity) as net_quantity
    from nets
    group by purchase_order_line_key
),

fitting as (
    select
        measures.invoice_line_key,
        order_lines.purchase_order_line_key,
        order_lines.po_number,
        order_lines.line_number
    from measures
    inner join invoice_lines on measures.invoice_line_key = invoice_lines.invoice_line_key
    inner join order_lines
        on measures.supplier_key = order_lines.supplier_key and invoice_lines.item_key = order_lines.item_key
    left join billed on order_lines.purchase_order_line_key = billed.purchase_order_line_key
    where
        order_lines.ordered_quantity - coalesce(billed.net_quantity, 0) >= measures.invoiced_quantity
        and abs(
            {{ product('invoice_lines.unit_price', 'order_lines.unit_factor') }}
            - {{ product('order_lines.order_unit_price', 'invoice_lines.unit_factor') }}
        ) <= {{ product(quantity(product('order_lines.order_unit_price', 'invoice_lines.unit_factor')), '0.005') }}
),

final as (
    select
        invoice_line_key,
        min(purchase_order_line_key) as purchase_order_line_key,
        min(po_number || '|' || cast(line_number as string)) as candidate
    from fitting
    group by invoice_line_key
    having count(*) = 1
)

select * from final
