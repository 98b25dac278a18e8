-- One row per account and interval of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'gl_account')) }}),

final as (
    select
        account_code,
        name,
        upper(account_type) as account_type,
        coalesce(is_postable, true) as is_postable,
        valid_from,
        valid_to,
        {{ origin_columns('feed') }}
    from latest
)

select * from final
