-- One row per entry of the verdict journal known to the run.
with

journal as (select * from {{ source('raw_concord', 'verdict') }}),

final as (
    select
        seq,
        run_id,
        known_at,
        as_of,
        entity_type,
        source_instance,
        native_id,
        match_status,
        codes,
        fingerprint
    from journal
    where known_at <= (select max(run.known_at) from {{ source('raw_landscape', 'run') }} as run)
)

select * from final
