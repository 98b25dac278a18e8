-- One row per two invoices that seem to be one: whether a person may say otherwise, and what one said (domain_rules 3.4.9).
with

pairs as (select * from {{ ref('int_invoice__duplicate_pair') }}),
invoices as (select * from {{ ref('int_invoice__number') }}),
decisions as (select * from {{ ref('can_decision') }} where subject_type = 'INVOICE_PAIR'),

latest as (
    select
        decisions.*,
        row_number() over (partition by subject_key order by seq desc nulls last) as recency
    from decisions
),

-- The question names what the two documents say: once one of them changes, it is another question.
stated as (
    select
        invoices.*,
        {{ native_id(['source_instance', 'native_id', 'invoice_number', 'invoice_date', 'amount_text']) }} as statement
    from invoices
),

questions as (
    select
        pairs.*,
        least(later.statement, earlier.statement) || '~' || greatest(later.statement, earlier.statement)
            as subject_key,
        -- What agrees in number, date and amount is put right where it was booked, not talked away here.
        pairs.duplicate_class <> 'RESTARTED'
        and not coalesce(
            later.number_form = earlier.number_form
            and later.invoice_date = earlier.invoice_date
            and later.amount_text = earlier.amount_text,
            false
        ) as is_releasable
    from pairs
    inner join stated as later on pairs.invoice_key = later.invoice_key
    inner join stated as earlier on pairs.other_key = earlier.invoice_key
),

final as (
    select
        questions.*,
        latest.decision,
        latest.actor as decided_by,
        latest.decided_at,
        latest.reason
    from questions
    left join latest on questions.subject_key = latest.subject_key and latest.recency = 1
)

select * from final
