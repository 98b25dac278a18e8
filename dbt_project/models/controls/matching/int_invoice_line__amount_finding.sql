-- One row per invoice line and finding about cumulative amounts: services, blanket limits and validity (domain_rules 3.4.5 step 6).
with

measures as (select * from {{ ref('int_invoice_line__measure') }} where purchase_order_line_key is not null),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
tolerances as (select * from {{ ref('int_purchase_order_line__tolerance') }}),

running as (
    select
        measures.invoice_line_key,
        measures.purchase_order_line_key,
        measures.line_amount,
        measures.is_credit,
        measures.invoice_date,
        order_lines.match_category,
        order_lines.line_amount as ordered_amount,
        order_lines.limit_amount,
        order_lines.order_valid_from,
        order_lines.order_valid_to,
        sum(measures.line_amount) over (
            partition by measures.purchase_order_line_key
            order by measures.invoice_date nulls last, measures.native_id
            rows between unbounded preceding and current row
        ) as line_amount_to_date,
        sum(measures.line_amount) over (
            partition by order_lines.source_instance, order_lines.po_id
            order by measures.invoice_date nulls last, measures.native_id
            rows between unbounded preceding and current row
        ) as order_amount_to_date
    from measures
    inner join order_lines on measures.purchase_order_line_key = order_lines.purchase_order_line_key
),

judged as (
    select
        running.*,
        running.match_category = '2WAY' and not running.is_credit
        and {{ is_beyond('(running.line_amount_to_date - running.ordered_amount)',
            '(running.line_amount_to_date - running.ordered_amount)', 'running.ordered_amount', 'amount_rules') }}
            as is_over_amount,
        running.match_category = 'BLANKET' and not running.is_credit and running.limit_amount is not null
        and {{ is_beyond('(running.order_amount_to_date - running.limit_amount)',
            '(running.order_amount_to_date - running.limit_amount)', 'running.limit_amount', 'limit_rules') }}
            as is_over_limit,
        running.match_category = 'BLANKET'
        and not {{ in_interval('running.invoice_date', 'running.order_valid_from', 'running.order_valid_to') }}
            as is_outside_validity,
        amount_rules.action as amount_action,
        limit_rules.action as limit_action
    from running
    left join tolerances as amount_rules
        on
            running.purchase_order_line_key = amount_rules.purchase_order_line_key
            and amount_rules.check_code = 'LINE_AMOUNT'
    left join tolerances as limit_rules
        on running.purchase_order_line_key = limit_rules.purchase_order_line_key and limit_rules.check_code = 'LIMIT'
),

final as (
    {{ findings('judged', 'invoice_line_key', [
        ('LINE_AMOUNT_CAP', 'is_over_amount', 'line_amount_to_date - ordered_amount', 'null', 'amount_action'),
        ('LIMIT_EXCEEDED', 'is_over_limit', 'order_amount_to_date - limit_amount', 'null', 'limit_action'),
        ('VALIDITY_EXCEEDED', 'is_outside_validity', 'abs(line_amount)', 'null'),
    ]) }}
)

select * from final
