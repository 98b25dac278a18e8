-- One row per effort KPI, month and facility: bills paid that nobody had to touch (K8), and what people did per 1,000 lines (K13).
with

invoice_lines as (select * from {{ ref('fct_invoice_line') }}),
verdicts as (select * from {{ ref('rec_first_vs_latest_verdict') }}),
findings as (select * from {{ ref('exc_exception') }} where entity_type in ('invoice', 'invoice_line')),
answers as (select * from {{ ref('rec_decision_vs_question') }} where decision is not null),
messages as (select * from {{ ref('rec_message_vs_refusal') }} where manual_count > 0),

-- Of what was paid before the first run nobody here knows who touched it.
dues as (
    select * from {{ ref('rec_invoice_vs_due_date') }}
    where is_paid and payment_date >= (select min(verdicts.first_evaluated_on) from verdicts)
),

documents as (
    select
        'invoice' as entity_type,
        source_instance,
        native_id,
        invoice_key
    from dues
    union all
    select
        'invoice_line' as entity_type,
        source_instance,
        native_id,
        invoice_key
    from invoice_lines
),

-- Somebody corrected the bill, the order or the unit, or let it pass although nothing had changed.
cured as (
    select
        *,
        coalesce(cured_by in ('UOM_FIX', 'INVOICE_CORRECTION', 'PRICE_CHANGE_ON_PO', 'MANUAL_RELEASE'), false)
            as is_by_hand
    from findings
),

touched as (
    select documents.invoice_key
    from verdicts
    inner join documents
        on
            documents.entity_type = 'invoice_line'
            and verdicts.source_instance = documents.source_instance
            and verdicts.native_id = documents.native_id
    where verdicts.is_touched
    union distinct
    -- Paid although something stood that holds a bill: whoever paid it had let it pass.
    select documents.invoice_key
    from cured
    inner join documents
        on
            cured.entity_type = documents.entity_type
            and cured.source_instance = documents.source_instance
            and cured.native_id = documents.native_id
    inner join dues on documents.invoice_key = dues.invoice_key
    where
        cured.is_by_hand
        or (
            cured.severity = 'BLOCK'
            and cured.first_seen_on <= dues.payment_date
            and (cured.status = 'OPEN' or cast(cured.last_seen_at as date) > dues.payment_date)
        )
    union distinct
    select dues.invoice_key
    from answers
    inner join dues
        on
            {{ json_text('answers.proposal', 'held_instance') }} = dues.source_instance
            and {{ json_text('answers.proposal', 'held_native_id') }} = dues.native_id
    where answers.task_type = 'INVOICE_PAIR'
    union distinct
    select dues.invoice_key
    from messages
    inner join dues on messages.target = dues.source_instance and messages.invoice_id = dues.native_id
),

-- A release of the pair of bills it asked about is counted as the answer.
acts as (
    select cast(decided_at as date) as acted_on, 1 + reversal_count as act_count from answers
    union all
    select cast(last_seen_at as date) as acted_on, 1 as act_count from cured
    where is_by_hand and code <> 'DUPLICATE_INVOICE'
    union all
    select cast(last_moved_at as date) as acted_on, manual_count as act_count from messages
),

counted as (
    select substr(cast(acted_on as string), 1, 7) as period_code, act_count, 0 as line_count from acts
    union all
    select substr(cast(first_evaluated_on as string), 1, 7) as period_code, 0 as act_count, 1 as line_count
    from verdicts
),

final as (
    select
        'K8' as kpi_code,
        substr(cast(dues.payment_date as string), 1, 7) as period_code,
        coalesce(dues.facility_code, 'UNKNOWN') as facility_code,
        cast(sum(case when touched.invoice_key is null then 1 else 0 end) as decimal(18, 2)) as numerator,
        cast(count(*) as decimal(18, 2)) as denominator
    from dues
    left join touched on dues.invoice_key = touched.invoice_key
    group by substr(cast(dues.payment_date as string), 1, 7), coalesce(dues.facility_code, 'UNKNOWN')
    union all
    select
        'K13' as kpi_code,
        period_code,
        'UNKNOWN' as facility_code,
        cast(sum(act_count) as decimal(18, 2)) as numerator,
        cast({{ divide('sum(line_count)', '1000', 2) }} as decimal(18, 2)) as denominator
    from counted
    where period_code is not null
    group by period_code
)

select * from final
