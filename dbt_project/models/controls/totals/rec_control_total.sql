-- One row per instance, entity and currency: rows and amounts as canonical, by what became of them, and as facts.
with

source_rows as (select * from {{ ref('fct_source_row') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
receipts as (select * from {{ ref('fct_receipt_line') }}),
invoices as (select * from {{ ref('fct_invoice') }}),
invoice_lines as (select * from {{ ref('fct_invoice_line') }}),
payments as (select * from {{ ref('fct_payment') }}),
postings as (select * from {{ ref('fct_gl_posting') }}),

sources as (
    select
        source_instance,
        entity,
        coalesce(currency_code, '') as currency_code,
        count(*) as canonical_rows,
        {%- for role in ['FACT', 'REPLICA', 'LATER', 'DELETED', 'ORPHAN'] %}
        sum(case when row_role = '{{ role }}' then 1 else 0 end) as {{ role | lower }}_role_rows,
        sum(case when row_role = '{{ role }}' then amount else 0 end) as {{ role | lower }}_role_amount,
        {%- endfor %}
        sum(amount) as canonical_amount
    from source_rows
    group by source_instance, entity, coalesce(currency_code, '')
),

fact_rows as (
    select source_instance, 'purchase_order_line' as entity, currency_code, line_amount as amount from order_lines
    union all
    select
        source_instance,
        'receipt_line' as entity,
        cast(null as string) as currency_code,
        {{ money('quantity') }} as amount
    from receipts
    union all
    select source_instance, 'invoice' as entity, currency_code, gross_amount as amount from invoices
    union all
    select
        invoice_lines.source_instance,
        'invoice_line' as entity,
        invoices.currency_code,
        invoice_lines.line_amount as amount
    from invoice_lines
    inner join invoices on invoice_lines.invoice_key = invoices.invoice_key
    union all
    select source_instance, 'payment' as entity, currency_code, amount from payments
    union all
    select source_instance, 'journal_line' as entity, currency_code, amount from postings
),

facts as (
    select
        source_instance,
        entity,
        coalesce(currency_code, '') as currency_code,
        count(*) as fact_rows,
        sum(amount) as fact_amount
    from fact_rows
    group by source_instance, entity, coalesce(currency_code, '')
),

final as (
    select
        coalesce(sources.source_instance, facts.source_instance) as source_instance,
        coalesce(sources.entity, facts.entity) as entity,
        coalesce(sources.currency_code, facts.currency_code) as currency_code,
        cast(coalesce(sources.canonical_rows, 0) as bigint) as canonical_rows,
        {{ money('coalesce(sources.canonical_amount, 0)') }} as canonical_amount,
        cast(coalesce(sources.replica_role_rows, 0) as bigint) as replica_rows,
        cast(coalesce(sources.later_role_rows, 0) as bigint) as later_rows,
        cast(coalesce(sources.deleted_role_rows, 0) as bigint) as deleted_rows,
        cast(coalesce(sources.orphan_role_rows, 0) as bigint) as orphan_rows,
        {{ money('coalesce(sources.canonical_amount, 0) - coalesce(sources.fact_role_amount, 0)') }} as other_amount,
        cast(coalesce(facts.fact_rows, 0) as bigint) as fact_rows,
        {{ money('coalesce(facts.fact_amount, 0)') }} as fact_amount,
        coalesce(sources.fact_role_rows, 0) = coalesce(facts.fact_rows, 0)
        and coalesce(sources.fact_role_amount, 0) = coalesce(facts.fact_amount, 0) as is_tied
    from sources
    full outer join facts
        on
            sources.source_instance = facts.source_instance
            and sources.entity = facts.entity
            and sources.currency_code = facts.currency_code
)

select * from final
