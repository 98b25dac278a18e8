-- One row per invoice, copy and field in which payables and a ledger's copy of it differ, in either direction (domain_rules 3.15, R-7).
with

invoices as (select * from {{ ref('fct_invoice') }}),
documents as (select * from {{ ref('can_invoice') }}),
replicas as (select * from {{ ref('int_replica') }} where domain = 'invoice'),

-- While a move lasts, an invoice may belong into another ledger than its date says.
owned as (
    select document_key, min(ledger_instance) as ledger_instance
    from {{ ref('int_posting__owner') }}
    where entity_type = 'invoice' and is_owner
    group by document_key
),

copies as (
    select
        source_rows.fact_key as invoice_key,
        source_rows.source_instance,
        min(documents.native_id) as native_id,
        min(documents.currency_code) as currency_code,
        {{ money('sum(documents.gross_amount)') }} as gross_amount,
        max(coalesce(documents.source_recorded_at, cast(documents.posting_date as timestamp))) as recorded_at
    from {{ ref('fct_source_row') }} as source_rows
    inner join documents on source_rows.source_row_key = documents.invoice_key
    where
        source_rows.entity = 'invoice'
        and source_rows.row_role = 'REPLICA'
        and documents.voided_at is null
        and coalesce(documents.status, '') <> 'VOID'
    group by source_rows.fact_key, source_rows.source_instance
),

scoped as (
    select
        invoices.*,
        replicas.replica_instance,
        replicas.grace_hours,
        replicas.judged_until,
        invoices.source_instance = replicas.replica_instance as is_copy_only,
        row_number() over (
            partition by invoices.invoice_key, replicas.replica_instance
            order by replicas.master_instance
        ) as pair_rank
    from invoices
    inner join replicas
        on
            invoices.source_instance in (replicas.master_instance, replicas.replica_instance)
            and coalesce(invoices.legal_entity_code = replicas.legal_entity_code, true)
            and {{ in_interval('invoices.invoice_date', 'replicas.valid_from', 'replicas.valid_to') }}
            and invoices.invoice_date > replicas.history_starts_on
),

paired as (
    select
        scoped.*,
        scoped.invoice_number as business_key,
        copies.gross_amount as copied_amount,
        copies.currency_code as copied_currency_code,
        -- An invoice has to be in the ledger from the day payables call it posted; until then it may be nowhere else.
        not scoped.is_void and (
            scoped.is_copy_only
            or (
                copies.invoice_key is null
                and owned.document_key is null
                and coalesce(scoped.status, '') in ('POSTED', 'PAID')
            )
        ) as is_missing,
        scoped.is_void and copies.invoice_key is not null as is_void_here_only,
        not scoped.is_void and copies.invoice_key is not null as is_alive_in_both,
        greatest(
            documents.source_recorded_at,
            copies.recorded_at,
            cast({{ add_days('coalesce(scoped.posting_date, scoped.invoice_date)', 1) }} as timestamp)
        ) as moved_at
    from scoped
    inner join documents on scoped.invoice_key = documents.invoice_key
    left join copies
        on scoped.invoice_key = copies.invoice_key and scoped.replica_instance = copies.source_instance
    left join owned
        on scoped.invoice_key = owned.document_key and scoped.replica_instance <> owned.ledger_instance
    where scoped.pair_rank = 1
),

differing as (
    {%- for field, code, left_value, right_value, condition in [
        ('existence', 'INVOICE_NOT_REPLICATED', 'case when not is_copy_only then native_id end',
            'case when is_copy_only then native_id end', 'is_missing'),
        ('value', 'INVOICE_VALUE_DIFFERS', 'cast(gross_amount as string)', 'cast(copied_amount as string)',
            'is_alive_in_both and currency_code = copied_currency_code and abs(gross_amount - copied_amount) > 0.01'),
        ('currency', 'INVOICE_VALUE_DIFFERS', 'currency_code', 'copied_currency_code',
            'is_alive_in_both and currency_code <> copied_currency_code'),
        ('status', 'INVOICE_VALUE_DIFFERS', "'VOID'", "'POSTED'", 'is_void_here_only')] %}
    select
        paired.*,
        '{{ field }}' as field,
        '{{ code }}' as code,
        {{ left_value }} as left_value,
        {{ right_value }} as right_value,
        abs({{ {'value': 'gross_amount - copied_amount', 'status': 'copied_amount'}.get(field, 'gross_amount') }})
            as amount_at_risk
    from paired
    where {{ condition }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    {{ replica_rows('differing', 'invoice', told=['invoice_key'],
        kind="case field when 'status' then 'STATUS' else 'VALUE' end") }}
)

select * from final
