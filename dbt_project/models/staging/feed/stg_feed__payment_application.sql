-- One row per payment and invoice it pays of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'payment_application')) }}),

final as (
    select
        payment_id,
        invoice_id,
        amount,
        discount_amount,
        {{ origin_columns('feed') }}
    from latest
)

select * from final
