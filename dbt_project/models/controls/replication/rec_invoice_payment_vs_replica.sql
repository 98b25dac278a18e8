-- One row per invoice and field in which payables and the paying ledger differ about its payment, in either direction (domain_rules 3.15, R-3).
with

invoices as (select * from {{ ref('fct_invoice') }} where not is_void),
documents as (select * from {{ ref('can_invoice') }}),
applications as (select * from {{ ref('fct_payment_application') }} where is_paid and invoice_key is not null),
replicas as (select * from {{ ref('int_replica') }} where domain = 'payment'),

kept as (
    select source_instance, invoice_id
    from {{ ref('can_payment_application') }}
    where not is_deleted
    group by source_instance, invoice_id
),

paid as (
    select
        invoice_key,
        source_instance,
        sum(amount + discount_amount) as amount,
        max(payment_date) as payment_date
    from applications
    group by invoice_key, source_instance
),

-- The replica's word is its own payments where it keeps any, of whatever day, else the invoice's status.
scoped as (
    select
        invoices.*,
        replicas.replica_instance,
        replicas.grace_hours,
        replicas.judged_until,
        case when kept.invoice_id is null then invoices.status = 'PAID' else copies.invoice_key is not null end
            as is_paid_in_copy,
        coalesce(copies.amount, invoices.gross_amount) as copied_amount,
        copies.payment_date as copied_date,
        originals.amount as paid_amount,
        originals.payment_date,
        row_number() over (
            partition by invoices.invoice_key, replicas.replica_instance
            order by originals.payment_date desc nulls last, replicas.master_instance
        ) as pair_rank
    from invoices
    inner join replicas
        on
            invoices.source_instance = replicas.replica_instance
            and coalesce(invoices.legal_entity_code = replicas.legal_entity_code, true)
            and {{ in_interval('invoices.invoice_date', 'replicas.valid_from', 'replicas.valid_to') }}
            and invoices.invoice_date > replicas.history_starts_on
    left join paid as originals
        on invoices.invoice_key = originals.invoice_key and replicas.master_instance = originals.source_instance
    left join paid as copies
        on invoices.invoice_key = copies.invoice_key and replicas.replica_instance = copies.source_instance
    left join kept on invoices.source_instance = kept.source_instance and invoices.native_id = kept.invoice_id
),

paired as (
    select
        scoped.*,
        scoped.invoice_number as business_key,
        abs(scoped.gross_amount) as amount_at_risk,
        scoped.payment_date is not null as is_paid_in_ledger,
        -- A payment counts from the end of its day; what only payables knows, from their last change.
        coalesce(
            cast({{ add_days('greatest(scoped.payment_date, scoped.copied_date)', 1) }} as timestamp),
            try_cast({{ json_text('documents.extension', 'updated_at') }} as timestamp),
            documents.source_recorded_at
        ) as moved_at
    from scoped
    inner join documents on scoped.invoice_key = documents.invoice_key
    where scoped.pair_rank = 1
),

differing as (
    {%- for field, code, left_value, right_value, condition in [
        ('status', 'PAYMENT_NOT_REPLICATED', 'case when is_paid_in_ledger then cast(payment_date as string) end',
            'case when is_paid_in_copy then coalesce(cast(copied_date as string), status) end',
            'is_paid_in_ledger <> is_paid_in_copy'),
        ('amount', 'PAYMENT_DIFFERS', 'cast(paid_amount as string)', 'cast(copied_amount as string)',
            'is_paid_in_ledger and is_paid_in_copy and abs(paid_amount - copied_amount) > 0.01'),
        ('date', 'PAYMENT_DIFFERS', 'cast(payment_date as string)', 'cast(copied_date as string)',
            'is_paid_in_ledger and abs(' ~ days_between('payment_date', 'copied_date') ~ ') * 24 > grace_hours')] %}
    select
        paired.*,
        '{{ field }}' as field,
        '{{ code }}' as code,
        {{ left_value }} as left_value,
        {{ right_value }} as right_value
    from paired
    where {{ condition }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    {{ replica_rows('differing', 'invoice', told=['invoice_key']) }}
)

select * from final
