-- One row per billing invoice line of a PO line: what is left of it after quantity credits and reversals (domain_rules 3.4.4).
with

lines as (select * from {{ ref('fct_invoice_line') }} where purchase_order_line_key is not null),
invoices as (select * from {{ ref('fct_invoice') }} where not is_void),

billed as (
    select
        lines.invoice_line_key,
        lines.purchase_order_line_key,
        lines.source_instance,
        lines.native_id,
        lines.invoice_id,
        invoices.invoice_type,
        invoices.credit_kind,
        invoices.original_invoice_id,
        invoices.invoice_date,
        invoices.received_at,
        lines.invoiced_quantity
    from lines
    inner join invoices on lines.invoice_key = invoices.invoice_key
),

charged as (
    select
        billed.*,
        row_number() over (
            partition by billed.source_instance, billed.invoice_id, billed.purchase_order_line_key
            order by billed.invoiced_quantity desc nulls last, billed.native_id
        ) as size_rank
    from billed
    where billed.invoice_type <> 'CREDIT' and billed.invoiced_quantity >= 0
),

-- A price credit changes the price paid, never the quantity billed.
credited as (
    select
        credits.purchase_order_line_key,
        credits.credit_kind,
        charged.invoice_line_key as original_key,
        -credits.invoiced_quantity as quantity
    from billed as credits
    left join charged
        on
            credits.source_instance = charged.source_instance
            and credits.original_invoice_id = charged.invoice_id
            and credits.purchase_order_line_key = charged.purchase_order_line_key
            and charged.size_rank = 1
    where
        (credits.invoice_type = 'CREDIT' or credits.invoiced_quantity < 0)
        and credits.credit_kind is distinct from 'PRICE'
),

linked as (
    select
        original_key,
        sum(quantity) as quantity
    from credited
    where original_key is not null
    group by original_key
),

after_linked as (
    select
        charged.*,
        greatest(charged.invoiced_quantity - coalesce(linked.quantity, 0), 0) as quantity,
        greatest(coalesce(linked.quantity, 0) - charged.invoiced_quantity, 0) as overflow
    from charged
    left join linked on charged.invoice_line_key = linked.original_key
),

unlinked as (
    select
        purchase_order_line_key,
        sum(quantity) as quantity
    from (
        select purchase_order_line_key, quantity from credited where original_key is null
        union all
        select purchase_order_line_key, overflow as quantity from after_linked where overflow > 0
    ) as both_kinds
    group by purchase_order_line_key
),

stacked as (
    select
        after_linked.*,
        sum(after_linked.quantity) over (
            partition by after_linked.purchase_order_line_key
            order by
                after_linked.invoice_date desc nulls last,
                after_linked.received_at desc nulls last,
                after_linked.native_id desc nulls last
            rows between unbounded preceding and current row
        ) as newest_first_quantity
    from after_linked
),

final as (
    select
        stacked.invoice_line_key,
        stacked.purchase_order_line_key,
        stacked.invoice_date,
        stacked.received_at,
        stacked.native_id,
        {{ quantity('greatest(0, least(stacked.quantity,'
            ~ ' stacked.newest_first_quantity - coalesce(unlinked.quantity, 0)))') }}
            as net_quantity
    from stacked
    left join unlinked on stacked.purchase_order_line_key = unlinked.purchase_order_line_key
)

select * from final
