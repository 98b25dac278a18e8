-- One row per version known of a fiscal period of a feed.
with

versions as ({{ known_versions(source('raw_feed', 'fiscal_period')) }}),

final as (
    select
        _row_key as record_id,
        cast(_version as bigint) as version_number,
        cast(_recency as bigint) as recency,
        ledger_code,
        period_code,
        ap_status,
        po_status,
        inventory_status,
        gl_status,
        closed_at,
        coalesce(_source_updated_at, _known_at) as changed_at,
        {{ origin_columns('feed', key=native_id(['_row_key', '_version'])) }}
    from versions
)

select * from final
