-- One row per invoice that stands in two books of one kind, as in the old and the new ERP (domain_rules 3.4.9, D8).
with

invoices as (select * from {{ ref('int_invoice__number') }}),
source_rows as (
    select * from {{ ref('fct_source_row') }}
    where entity = 'invoice' and row_role in ('FACT', 'REPLICA')
),
documents as (
    select invoice_key, native_id from {{ ref('can_invoice') }}
    where voided_at is null and coalesce(status, '') not in ('VOID', 'REJECTED')
),
policies as (
    select source_instance, min(write_policy) as write_policy
    from {{ ref('stg_landscape__system_of_record') }}
    where domain = 'invoice'
    group by source_instance
),

-- An open item that the new ledger only took over is not posted there.
carried as (
    select document_key, source_instance
    from {{ ref('int_posting__ledger') }}
    where entity_type = 'invoice' and conversion_journal_id is not null and posted_amount = 0
),

copies as (
    select
        source_rows.fact_key,
        source_rows.source_instance,
        coalesce(policies.write_policy, 'MASTER') as write_policy,
        min(documents.native_id) as native_id
    from source_rows
    inner join documents on source_rows.source_row_key = documents.invoice_key
    left join policies on source_rows.source_instance = policies.source_instance
    left join carried
        on source_rows.fact_key = carried.document_key and source_rows.source_instance = carried.source_instance
    where carried.document_key is null
    group by source_rows.fact_key, source_rows.source_instance, coalesce(policies.write_policy, 'MASTER')
),

books as (
    select
        copies.fact_key,
        copies.write_policy,
        count(*) as book_count,
        max_by(copies.source_instance, copies.source_instance || '|' || copies.native_id) as last_instance,
        max_by(copies.native_id, copies.source_instance || '|' || copies.native_id) as last_native_id
    from copies
    group by copies.fact_key, copies.write_policy
),

ranked as (
    select
        books.*,
        row_number() over (partition by books.fact_key order by books.book_count desc nulls last) as preference
    from books
    -- Two invoices that were each posted once stand in two books rightly; that they are equal is another rule's finding.
    inner join invoices on books.fact_key = invoices.invoice_key and books.book_count > invoices.twin_count
    where books.book_count > 1
),

final as (
    select
        fact_key as invoice_key,
        last_instance as other_instance,
        last_native_id as other_native_id
    from ranked
    where preference = 1
)

select * from final
