-- One row per paid PO line with a day of approval: the days from approval to payment, leg by leg (domain_rules 3.16, K12).
with

order_lines as (select * from {{ ref('fct_purchase_order_line') }} where approved_date is not null),
traces as (
    select * from {{ ref('mart_p2p_trace') }} where payables_state = 'PAID' and payment_date is not null
),
invoice_lines as (
    select * from {{ ref('fct_invoice_line') }}
    where purchase_order_line_key is not null and charge_class in ('GOODS', 'SERVICE')
),
verdicts as (select * from {{ ref('rec_first_vs_latest_verdict') }}),

-- Matched when its last bill was; a match that nobody saw before the payment is not known.
matched as (
    select
        invoice_lines.purchase_order_line_key,
        case when count(verdicts.first_matched_on) = count(*) then max(verdicts.first_matched_on) end as matched_date
    from invoice_lines
    left join verdicts
        on
            invoice_lines.source_instance = verdicts.source_instance
            and invoice_lines.native_id = verdicts.native_id
    group by invoice_lines.purchase_order_line_key
),

dated as (
    select
        order_lines.purchase_order_line_key,
        coalesce(traces.facility_code, 'UNKNOWN') as facility_code,
        order_lines.approved_date,
        order_lines.sent_date,
        order_lines.acknowledged_date,
        traces.last_receipt_date,
        traces.last_invoice_date,
        case when matched.matched_date <= traces.payment_date then matched.matched_date end as matched_date,
        traces.payment_date
    from traces
    inner join order_lines
        on traces.source_instance = order_lines.source_instance and traces.native_id = order_lines.native_id
    left join matched on order_lines.purchase_order_line_key = matched.purchase_order_line_key
),

{% set milestones = ['approved_date', 'sent_date', 'acknowledged_date', 'last_receipt_date', 'last_invoice_date',
    'matched_date', 'payment_date'] %}
-- A leg begins at the milestone before it that is known, so the legs of a line add up to its cycle.
final as (
    select
        purchase_order_line_key,
        substr(cast(payment_date as string), 1, 7) as period_code,
        facility_code,
        {%- for leg in ['send', 'ack', 'receive', 'invoice', 'match', 'pay'] %}
        {{ days_between('coalesce(' ~ milestones[:loop.index] | reverse | join(', ') ~ ')', milestones[loop.index]) }}
            as {{ leg }}_days,
        {%- endfor %}
        {{ days_between('approved_date', 'payment_date') }} as cycle_days
    from dated
)

select * from final
