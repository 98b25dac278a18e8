-- One row per invoice that seems to be a second copy, or whose number began again: of which one, and by which rule (domain_rules 3.4.9).
with

invoices as (select * from {{ ref('int_invoice__number') }}),
pairs as (select * from {{ ref('rec_decision_vs_invoice_pair') }}),
double_postings as (select * from {{ ref('int_invoice__double_posting') }}),

found as (
    select
        invoice_key,
        other_key,
        duplicate_class,
        arrival_rank,
        case when decision = 'DUPLICATE' then decided_by end as confirmed_by
    from pairs
    where not is_releasable or coalesce(decision, '') <> 'DISTINCT'
    union all
    select
        invoice_key,
        cast(null as string) as other_key,
        'D8' as duplicate_class,
        0 as arrival_rank,
        cast(null as string) as confirmed_by
    from double_postings
),

-- The surest rule speaks; of several earlier copies the first is named.
ranked as (
    select
        found.*,
        row_number() over (
            partition by found.invoice_key
            order by
                instr('D8 D7 D1 D2 D3 D6 D4 D5 RESTARTED', found.duplicate_class),
                found.arrival_rank,
                found.other_key
        ) as preference
    from found
),

final as (
    select
        ranked.invoice_key,
        case when ranked.duplicate_class = 'RESTARTED' then 'INVOICE_NUMBER_RESTARTED' else 'DUPLICATE_INVOICE' end
            as code,
        ranked.duplicate_class,
        ranked.other_key,
        ranked.confirmed_by,
        invoices.gross_amount,
        coalesce(others.source_instance, double_postings.other_instance) as other_instance,
        coalesce(others.native_id, double_postings.other_native_id) as other_native_id,
        coalesce(others.invoice_number, invoices.invoice_number) as other_invoice_number,
        coalesce(others.invoice_date, invoices.invoice_date) as other_invoice_date,
        coalesce(others.gross_amount, invoices.gross_amount) as other_gross_amount
    from ranked
    inner join invoices on ranked.invoice_key = invoices.invoice_key
    left join invoices as others on ranked.other_key = others.invoice_key
    left join double_postings on ranked.invoice_key = double_postings.invoice_key
    where ranked.preference = 1
)

select * from final
