-- One row per invoice line and receipt line that the source itself has linked, capped by what either side has left (domain_rules 3.4.3).
with

links as (select * from {{ ref('can_match_allocation') }} where not is_deleted),
invoice_lines as (select * from {{ ref('fct_invoice_line') }}),
invoice_nets as (select * from {{ ref('fct_invoice_line_net') }}),
receipt_lines as (select * from {{ ref('fct_receipt_line') }}),
receipt_nets as (select * from {{ ref('fct_receipt_line_net') }}),

stated as (
    select
        invoice_lines.invoice_line_key,
        receipt_lines.receipt_line_key,
        'SOURCE' as alloc_method,
        coalesce(
            {{ quantity(product('links.quantity', 'invoice_lines.unit_factor')) }},
            invoice_lines.invoiced_quantity
        ) as wanted_quantity
    from links
    inner join invoice_lines
        on links.source_instance = invoice_lines.source_instance and links.invoice_line_id = invoice_lines.native_id
    inner join receipt_lines on links.receipt_line_id = receipt_lines.native_id
    where
        receipt_lines.source_instance = links.source_instance
        or receipt_lines.purchase_order_line_key = invoice_lines.purchase_order_line_key
),

referenced as (
    select
        invoice_lines.invoice_line_key,
        receipt_lines.receipt_line_key,
        'REFERENCE' as alloc_method,
        invoice_lines.invoiced_quantity as wanted_quantity
    from invoice_lines
    inner join receipt_lines
        on
            invoice_lines.receipt_line_id = receipt_lines.native_id
            and invoice_lines.purchase_order_line_key = receipt_lines.purchase_order_line_key
    left join stated on invoice_lines.invoice_line_key = stated.invoice_line_key
    where stated.invoice_line_key is null
),

wanted as (
    select * from stated
    union all
    select * from referenced
),

-- First the receipt's limit, then the invoice line's: neither side is used twice.
running as (
    select
        wanted.invoice_line_key,
        wanted.receipt_line_key,
        wanted.alloc_method,
        receipt_nets.purchase_order_line_key,
        invoice_nets.net_quantity as invoice_quantity,
        receipt_nets.net_quantity as receipt_quantity,
        invoice_nets.invoice_date,
        wanted.wanted_quantity,
        sum(wanted.wanted_quantity) over (
            partition by wanted.receipt_line_key
            order by invoice_nets.invoice_date nulls last, wanted.invoice_line_key
            rows between unbounded preceding and current row
        ) as receipt_running
    from wanted
    inner join invoice_nets on wanted.invoice_line_key = invoice_nets.invoice_line_key
    inner join receipt_nets
        on
            wanted.receipt_line_key = receipt_nets.receipt_line_key
            and invoice_nets.purchase_order_line_key = receipt_nets.purchase_order_line_key
),

capped_by_receipt as (
    select
        running.*,
        greatest(0, least(receipt_running, receipt_quantity) - (receipt_running - wanted_quantity)) as offered_quantity
    from running
),

capped_by_both as (
    select
        capped_by_receipt.*,
        sum(offered_quantity) over (
            partition by invoice_line_key
            order by receipt_line_key
            rows between unbounded preceding and current row
        ) as invoice_running
    from capped_by_receipt
),

final as (
    select
        purchase_order_line_key,
        invoice_line_key,
        receipt_line_key,
        alloc_method,
        {{ quantity('greatest(0, least(invoice_running, invoice_quantity) - (invoice_running - offered_quantity))') }}
            as allocated_quantity
    from capped_by_both
)

select * from final
