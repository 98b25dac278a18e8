-- One row per PO line: what was billed and posted of it net of credits, and which returns no credit answers (domain_rules 3.4.4, 3.9).
with

received as (select * from {{ ref('int_purchase_order_line__receipt') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
receipts as (select * from {{ ref('fct_receipt_line') }} where purchase_order_line_key is not null),
invoice_lines as (select * from {{ ref('fct_invoice_line') }}),
invoices as (select * from {{ ref('fct_invoice') }}),
to_date as (select * from {{ ref('int_invoice_line__to_date') }}),

billed as (
    select
        invoice_lines.purchase_order_line_key,
        sum(to_date.net_quantity) as net_quantity,
        sum(
            case
                when invoices.posting_date is not null or invoices.status in ('POSTED', 'PAID')
                    then to_date.net_quantity
                else 0
            end
        ) as posted_quantity,
        max(to_date.opening_invoiced_quantity) as opening_quantity,
        max(invoices.business_date) as invoiced_on
    from to_date
    inner join invoice_lines on to_date.invoice_line_key = invoice_lines.invoice_line_key
    inner join invoices on invoice_lines.invoice_key = invoices.invoice_key
    group by invoice_lines.purchase_order_line_key
),

summed as (
    select
        order_lines.purchase_order_line_key,
        received.received_quantity,
        received.returned_quantity,
        coalesce(billed.net_quantity, 0)
        + coalesce(billed.opening_quantity, greatest(0, order_lines.opening_invoiced_quantity)) as billed_quantity,
        coalesce(billed.posted_quantity, 0)
        + coalesce(billed.opening_quantity, greatest(0, order_lines.opening_invoiced_quantity)) as posted_quantity,
        billed.invoiced_on,
        {{ needs_receipt('order_lines.match_category') }} as needs_receipt,
        -- What cases use, capital goods, orders without value and canceled ones are accrued elsewhere or not at all.
        case
            when
                {{ is_usage_based('order_lines.match_category') }}
                or coalesce(order_lines.spend_type = 'CAPITAL', false)
                or coalesce(order_lines.order_unit_price, 0) = 0
                or coalesce(order_lines.po_status = 'CANCELLED', false)
                or coalesce(order_lines.line_status = 'CANCELLED', false)
                then 0
            else 1
        end as is_counted
    from order_lines
    inner join received on order_lines.purchase_order_line_key = received.purchase_order_line_key
    left join billed on order_lines.purchase_order_line_key = billed.purchase_order_line_key
),

-- What is billed beyond what stayed, as far as goods went back: a credit is due for it.
credited as (
    select
        summed.*,
        least(greatest(summed.billed_quantity - summed.received_quantity, 0), summed.returned_quantity)
            as uncredited_quantity
    from summed
),

-- Credits answer the oldest returns first.
returned as (
    select
        purchase_order_line_key,
        business_date,
        sum(-received_quantity) over (
            partition by purchase_order_line_key
            order by business_date nulls last, native_id
            rows between unbounded preceding and current row
        ) as quantity_to_date
    from receipts
    where receipt_type = 'RETURN' and is_credit_expected
),

since as (
    select
        credited.purchase_order_line_key,
        min(returned.business_date) as uncredited_since
    from credited
    inner join returned on credited.purchase_order_line_key = returned.purchase_order_line_key
    where
        credited.uncredited_quantity > 0
        and returned.quantity_to_date > credited.returned_quantity - credited.uncredited_quantity
    group by credited.purchase_order_line_key
),

{% set excess = 'greatest(credited.posted_quantity - credited.received_quantity, 0)' %}
final as (
    select
        credited.purchase_order_line_key,
        credited.received_quantity,
        credited.returned_quantity,
        {{ quantity('credited.billed_quantity') }} as billed_quantity,
        {{ quantity('credited.posted_quantity') }} as posted_quantity,
        {{ quantity('credited.uncredited_quantity') }} as uncredited_quantity,
        since.uncredited_since,
        credited.invoiced_on,
        credited.is_counted = 1 as is_counted,
        {{ quantity('credited.is_counted * greatest(credited.received_quantity - credited.billed_quantity, 0)') }}
            as grni_quantity,
        {{ quantity('credited.is_counted * greatest('
            ~ 'least(credited.received_quantity, credited.billed_quantity) - credited.posted_quantity, 0)') }}
            as not_posted_quantity,
        {{ quantity('credited.is_counted * least(' ~ excess ~ ', credited.returned_quantity)') }}
            as credit_expected_quantity,
        {{ quantity('case when credited.needs_receipt then credited.is_counted * greatest('
            ~ excess ~ ' - credited.returned_quantity, 0) else 0 end') }} as irng_quantity
    from credited
    left join since on credited.purchase_order_line_key = since.purchase_order_line_key
)

select * from final
