-- One row per journal line of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'journal_line')) }}),

final as (
    select
        ledger_code,
        legal_entity_code,
        journal_id,
        line_number,
        source_code,
        category_code,
        period_code,
        posting_date,
        account_code,
        cost_center_code,
        facility_id,
        coalesce(debit_amount, 0) as debit_amount,
        coalesce(credit_amount, 0) as credit_amount,
        upper(currency_code) as currency_code,
        upper(subledger_type) as subledger_type,
        subledger_id,
        reference,
        correlation_id,
        reversal_of_journal_id,
        created_by,
        created_at,
        {{ origin_columns('feed', recorded_at='coalesce(_source_updated_at, created_at)') }}
    from latest
)

select * from final
