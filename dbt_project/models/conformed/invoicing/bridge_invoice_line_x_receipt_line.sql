-- One row per pair of invoice line and receipt line that cover each other: source links first, the rest first in, first out (domain_rules 3.4.3).
with

invoice_nets as (select * from {{ ref('fct_invoice_line_net') }}),
-- What comes for what a case used fills the shelf again; the bill is for the use.
receipt_nets as (
    select nets.*
    from {{ ref('fct_receipt_line_net') }} as nets
    inner join {{ ref('fct_purchase_order_line') }} as lines
        on nets.purchase_order_line_key = lines.purchase_order_line_key
    where not coalesce({{ is_usage_based('lines.match_category') }}, false)
),
fixed as (select * from {{ ref('int_allocation__fixed') }} where allocated_quantity > 0),
invoice_lines as (select * from {{ ref('fct_invoice_line') }}),
receipt_lines as (select * from {{ ref('fct_receipt_line') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),

fixed_per_invoice as (
    select invoice_line_key, sum(allocated_quantity) as quantity from fixed group by invoice_line_key
),

fixed_per_receipt as (
    select receipt_line_key, sum(allocated_quantity) as quantity from fixed group by receipt_line_key
),

-- Each side's remainder becomes an interval [starts_at, ends_at) on one axis per PO line; where two overlap, they cover each other.
invoice_intervals as (
    select
        invoice_nets.purchase_order_line_key,
        invoice_nets.invoice_line_key,
        invoice_nets.net_quantity - coalesce(fixed_per_invoice.quantity, 0) as open_quantity,
        sum(invoice_nets.net_quantity - coalesce(fixed_per_invoice.quantity, 0)) over (
            partition by invoice_nets.purchase_order_line_key
            order by
                invoice_nets.invoice_date nulls last,
                invoice_nets.received_at nulls last,
                invoice_nets.native_id
            rows between unbounded preceding and current row
        ) as ends_at
    from invoice_nets
    left join fixed_per_invoice on invoice_nets.invoice_line_key = fixed_per_invoice.invoice_line_key
),

receipt_intervals as (
    select
        receipt_nets.purchase_order_line_key,
        receipt_nets.receipt_line_key,
        receipt_nets.net_quantity - coalesce(fixed_per_receipt.quantity, 0) as open_quantity,
        sum(receipt_nets.net_quantity - coalesce(fixed_per_receipt.quantity, 0)) over (
            partition by receipt_nets.purchase_order_line_key
            order by
                receipt_nets.business_date nulls last,
                receipt_nets.recorded_at nulls last,
                receipt_nets.native_id
            rows between unbounded preceding and current row
        ) as ends_at
    from receipt_nets
    left join fixed_per_receipt on receipt_nets.receipt_line_key = fixed_per_receipt.receipt_line_key
),

overlapping as (
    select
        invoice_intervals.purchase_order_line_key,
        invoice_intervals.invoice_line_key,
        receipt_intervals.receipt_line_key,
        'FIFO' as alloc_method,
        {{ quantity('least(invoice_intervals.ends_at, receipt_intervals.ends_at)'
            ~ ' - greatest(invoice_intervals.ends_at - invoice_intervals.open_quantity,'
            ~ ' receipt_intervals.ends_at - receipt_intervals.open_quantity)') }} as allocated_quantity
    from invoice_intervals
    inner join receipt_intervals
        on
            invoice_intervals.purchase_order_line_key = receipt_intervals.purchase_order_line_key
            and invoice_intervals.ends_at > receipt_intervals.ends_at - receipt_intervals.open_quantity
            and receipt_intervals.ends_at > invoice_intervals.ends_at - invoice_intervals.open_quantity
    where invoice_intervals.open_quantity > 0 and receipt_intervals.open_quantity > 0
),

pairs as (
    select
        purchase_order_line_key,
        invoice_line_key,
        receipt_line_key,
        alloc_method,
        allocated_quantity
    from fixed
    union all
    select
        purchase_order_line_key,
        invoice_line_key,
        receipt_line_key,
        alloc_method,
        allocated_quantity
    from overlapping
),

final as (
    select
        pairs.invoice_line_key,
        pairs.receipt_line_key,
        pairs.purchase_order_line_key,
        invoice_lines.source_instance as invoice_source_instance,
        invoice_lines.native_id as invoice_line_native_id,
        receipt_lines.source_instance as receipt_source_instance,
        receipt_lines.native_id as receipt_line_native_id,
        order_lines.source_instance as po_source_instance,
        order_lines.native_id as po_line_native_id,
        pairs.allocated_quantity,
        pairs.alloc_method
    from pairs
    inner join invoice_lines on pairs.invoice_line_key = invoice_lines.invoice_line_key
    inner join receipt_lines on pairs.receipt_line_key = receipt_lines.receipt_line_key
    inner join order_lines on pairs.purchase_order_line_key = order_lines.purchase_order_line_key
)

select * from final
