-- One row per account of a ledger and day a feed states its balance for, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'account_balance')) }}),

final as (
    select
        ledger_code,
        legal_entity_code,
        account_code,
        upper(currency_code) as currency_code,
        balance_date,
        coalesce(debit_amount, 0) as debit_amount,
        coalesce(credit_amount, 0) as credit_amount,
        {{ origin_columns('feed') }}
    from latest
)

select * from final
