-- One row per receipt up to the cut-off of its line: what of it stayed by then, as known now (domain_rules 3.4.4, 3.9).
with

cutoffs as (select * from {{ ref('int_accrual__cutoff') }}),
receipt_lines as (
    select * from {{ ref('fct_receipt_line') }}
    where
        receipt_type in ('RECEIPT', 'RETURN', 'VOID')
        and ownership = 'OWNED'
        and (receipt_type <> 'RETURN' or is_credit_expected)
),

newest as (
    select
        purchase_order_line_key,
        max(business_date) as received_on
    from receipt_lines
    where receipt_type = 'RECEIPT' and received_quantity >= 0
    group by purchase_order_line_key
),

-- What was typed by mistake never came: a void counts on the day of what it undoes, a return on its own.
dated as (
    select
        receipt_lines.*,
        case
            when receipt_lines.receipt_type = 'RETURN' or receipt_lines.received_quantity >= 0
                then receipt_lines.business_date
            else coalesce(
                undone.business_date,
                least(receipt_lines.business_date, coalesce(newest.received_on, receipt_lines.business_date))
            )
        end as counted_on
    from receipt_lines
    left join newest on receipt_lines.purchase_order_line_key = newest.purchase_order_line_key
    left join receipt_lines as undone
        on
            receipt_lines.source_instance = undone.source_instance
            and receipt_lines.original_receipt_line_id = undone.native_id
            and receipt_lines.purchase_order_line_key = undone.purchase_order_line_key
),

receipts as (
    select dated.*
    from dated
    inner join cutoffs on dated.purchase_order_line_key = cutoffs.purchase_order_line_key
    where dated.counted_on <= cutoffs.period_end
),

final as (
    {{ net_receipts('receipts') }}
)

select * from final
