-- One row per acceptance of a service of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'service_acceptance')) }}),

final as (
    select
        po_line_id,
        accepted_amount,
        accepted_share,
        period_code,
        accepted_at,
        actor,
        {{ origin_columns('feed', recorded_at='coalesce(_source_updated_at, accepted_at)') }}
    from latest
)

select * from final
