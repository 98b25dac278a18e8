-- One row per currency pair and day of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'exchange_rate')) }}),

final as (
    select
        upper(from_currency) as from_currency,
        upper(to_currency) as to_currency,
        rate_date,
        rate,
        {{ origin_columns('feed') }}
    from latest
)

select * from final
