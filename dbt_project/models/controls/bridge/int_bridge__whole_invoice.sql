-- One row per invoice that its ledger booked on an account of goods received and not invoiced without naming an order line, and per order line that it bills (null: its charges): the part of the booking that is for it (domain_rules 3.9).
with

accounts as (select * from {{ ref('int_bridge__account') }}),

booked as (
    select
        postings.source_instance,
        postings.legal_entity_code,
        postings.account_code,
        postings.currency_code,
        postings.invoice_key,
        min(postings.gl_posting_key) as gl_posting_key,
        sum(postings.amount) as booked_amount
    from {{ ref('fct_gl_posting') }} as postings
    inner join accounts
        on
            postings.source_instance = accounts.source_instance
            and postings.account_code = accounts.account_code
            and postings.legal_entity_code = accounts.legal_entity_code
    where postings.invoice_key is not null
    group by
        postings.source_instance, postings.legal_entity_code, postings.account_code, postings.currency_code,
        postings.invoice_key
    having count(postings.purchase_order_line_key) = 0
),

-- Each order line at the invoice's price and at the order's.
billed as (
    select
        lines.invoice_key,
        lines.purchase_order_line_key,
        sum(lines.line_amount) as billed_amount,
        sum({{ extended_price('coalesce(lines.invoiced_quantity, 0)', 'order_lines') }}) as ordered_amount
    from {{ ref('fct_invoice_line') }} as lines
    inner join {{ ref('fct_purchase_order_line') }} as order_lines
        on lines.purchase_order_line_key = order_lines.purchase_order_line_key
    where coalesce(lines.charge_class, 'GOODS') in ('GOODS', 'SERVICE')
    group by lines.invoice_key, lines.purchase_order_line_key
),

totals as (
    select
        invoices.invoice_key,
        sum(billed.billed_amount) as billed_amount,
        sum(billed.ordered_amount) as ordered_amount,
        -- Freight, tax and whatever else the invoice asks for beside the goods.
        max(invoices.gross_amount) - sum(billed.billed_amount) as charge_amount
    from {{ ref('fct_invoice') }} as invoices
    inner join billed on invoices.invoice_key = billed.invoice_key
    group by invoices.invoice_key
),

valued as (
    select
        booked.*,
        case
            when booked.booked_amount in (totals.ordered_amount, totals.ordered_amount + totals.charge_amount)
                then 'ORDERED'
            when booked.booked_amount in (totals.billed_amount, totals.billed_amount + totals.charge_amount)
                then 'BILLED'
            when booked.booked_amount = totals.charge_amount then 'CHARGE'
            else 'SHARE'
        end as valuation,
        {{ divide('booked.booked_amount', 'totals.billed_amount', 8) }} as share
    from booked
    inner join totals on booked.invoice_key = totals.invoice_key
    where totals.billed_amount <> 0
),

parts as (
    select
        valued.gl_posting_key,
        valued.booked_amount,
        valued.valuation,
        billed.purchase_order_line_key,
        row_number() over (
            partition by valued.gl_posting_key
            order by billed.billed_amount desc nulls last, billed.purchase_order_line_key
        ) as place,
        case valued.valuation
            when 'ORDERED' then billed.ordered_amount
            when 'BILLED' then billed.billed_amount
            else {{ money(product('billed.billed_amount', 'valued.share')) }}
        end as amount
    from valued
    inner join billed on valued.invoice_key = billed.invoice_key
    where valued.valuation <> 'CHARGE'
),

-- The cents of sharing go to the largest line, what is not for goods to the charges.
lefts as (
    select
        gl_posting_key,
        max(booked_amount) - sum(amount) as amount
    from parts
    group by gl_posting_key
),

final as (
    select
        parts.gl_posting_key,
        parts.purchase_order_line_key,
        {{ money("parts.amount"
            ~ " + case when parts.valuation = 'SHARE' and parts.place = 1 then lefts.amount else 0 end") }} as amount
    from parts
    inner join lefts on parts.gl_posting_key = lefts.gl_posting_key
    union all
    select
        lefts.gl_posting_key,
        cast(null as string) as purchase_order_line_key,
        {{ money('lefts.amount') }} as amount
    from lefts
    where
        lefts.amount <> 0
        and lefts.gl_posting_key not in (select parts.gl_posting_key from parts where parts.valuation = 'SHARE')
)

select * from final
