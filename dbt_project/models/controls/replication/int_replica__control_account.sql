-- One row per bill, payment or loose journal whose amount in the sub-ledger differs from the control account of payables (domain_rules 3.15, R-8).
with

posted as (select * from {{ ref('int_control_account__posting') }}),
invoices as (select * from {{ ref('fct_invoice') }}),
payments as (select * from {{ ref('fct_payment') }}),
documents as (select * from {{ ref('can_invoice') }} where voided_at is null and coalesce(status, '') <> 'VOID'),
source_rows as (select * from {{ ref('fct_source_row') }} where entity = 'invoice' and row_role = 'REPLICA'),
policies as (select * from {{ ref('stg_landscape__sync_policy') }} where domain = 'journal'),
instances as (select * from {{ ref('stg_landscape__instance') }}),
run as (select * from {{ ref('stg_landscape__run') }}),

-- From the first bill on that a ledger posts by itself.
ledgers as (
    select ledger_instance, min(first_posting_date) as itemized_from
    from posted where entity_type = 'invoice'
    group by ledger_instance
),

-- The ledger's own copy of a bill stands in its sub-ledger; where it keeps none, the bill itself.
copies as (
    select
        source_rows.fact_key as invoice_key,
        source_rows.source_instance,
        sum(documents.gross_amount) as gross_amount
    from source_rows
    inner join documents on source_rows.source_row_key = documents.invoice_key
    group by source_rows.fact_key, source_rows.source_instance
),

kept as (
    select ledger_instance, document_key as invoice_key from posted where entity_type = 'invoice'
    union distinct
    select source_instance as ledger_instance, invoice_key from copies
),

booked as (
    select
        kept.ledger_instance,
        'invoice' as entity_type,
        invoices.invoice_key as document_key,
        invoices.source_instance,
        invoices.native_id,
        invoices.invoice_number as business_key,
        invoices.legal_entity_code,
        invoices.currency_code,
        case when invoices.is_void then 0 else coalesce(copies.gross_amount, invoices.gross_amount) end as amount,
        coalesce(invoices.posting_date, invoices.invoice_date) as booked_on,
        copies.invoice_key is not null and not invoices.is_void as is_due,
        coalesce(copies.source_instance, invoices.source_instance) as book_instance
    from kept
    inner join invoices on kept.invoice_key = invoices.invoice_key
    left join copies on kept.invoice_key = copies.invoice_key and kept.ledger_instance = copies.source_instance
    union all
    select
        source_instance as ledger_instance,
        'payment' as entity_type,
        payment_key as document_key,
        source_instance,
        native_id,
        coalesce(payment_number, native_id) as business_key,
        legal_entity_code,
        currency_code,
        case when status in ('VOID', 'SCHEDULED') then 0 else -amount end as amount,
        payment_date as booked_on,
        status in ('RELEASED', 'CLEARED') as is_due,
        source_instance as book_instance
    from payments
),

compared as (
    select
        coalesce(posted.ledger_instance, booked.ledger_instance) as ledger_instance,
        coalesce(posted.entity_type, booked.entity_type) as entity_type,
        coalesce(booked.book_instance, posted.ledger_instance) as left_instance,
        coalesce(booked.source_instance, posted.ledger_instance) as source_instance,
        coalesce(booked.native_id, posted.document_key) as native_id,
        coalesce(booked.business_key, posted.document_key) as business_key,
        coalesce(booked.legal_entity_code, posted.legal_entity_code) as legal_entity_code,
        coalesce(posted.currency_code, booked.currency_code) as currency_code,
        booked.amount as booked_amount,
        posted.amount as posted_amount,
        greatest(booked.booked_on, posted.last_posting_date) as moved_on
    from posted
    full join booked
        on
            posted.ledger_instance = booked.ledger_instance
            and posted.entity_type = booked.entity_type
            and posted.document_key = booked.document_key
    left join ledgers on booked.ledger_instance = ledgers.ledger_instance
    where
        (posted.document_key is null and booked.is_due and booked.booked_on >= ledgers.itemized_from)
        or (booked.document_key is null and posted.amount <> 0)
        or (posted.currency_code = booked.currency_code and abs(posted.amount - booked.amount) > 0.01)
),

shaped as (
    select
        compared.*,
        compared.ledger_instance as right_instance,
        'amount' as field,
        cast(compared.booked_amount as string) as left_value,
        cast(compared.posted_amount as string) as right_value,
        abs(coalesce(compared.booked_amount, 0) - coalesce(compared.posted_amount, 0)) as amount_at_risk,
        cast({{ add_days('compared.moved_on', 1) }} as timestamp) as moved_at,
        coalesce(policies.fresh_within_hours, 24) as grace_hours,
        coalesce(policies.owner_role, 'finance_support') as owner_role,
        least(run.as_of_ends_at, coalesce(instances.last_loaded_at, timestamp '0001-01-01 00:00:00')) as judged_until
    from compared
    cross join run
    left join policies on true
    inner join instances on compared.ledger_instance = instances.source_instance
),

final as (
    {{ lasting_differences('shaped', 'R-8', 'control_account', 'told.entity_type',
        told=['legal_entity_code', 'amount_at_risk', 'currency_code']) }}
)

select * from final
