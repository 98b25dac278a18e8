-- One row per payment term of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'payment_term')) }}),

final as (
    select
        upper(payment_term_code) as payment_term_code,
        description,
        discount_share,
        discount_days,
        net_days,
        basis,
        {{ origin_columns('feed') }}
    from latest
)

select * from final
