-- One row per payment of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'payment')) }}),

final as (
    select
        payment_id,
        payment_number,
        supplier_id,
        legal_entity_code,
        bank_account_id,
        upper(method) as method,
        payment_date,
        upper(currency_code) as currency_code,
        amount,
        upper(status) as status,
        cleared_at,
        {{ origin_columns('feed') }}
    from latest
)

select * from final
