-- One row per batch and table that was loaded and that the run may know.
with

batches as (select * from {{ source('raw_concord', 'load_batch') }}),

final as (
    select
        source_system,
        source_instance,
        batch_id,
        table_name,
        known_at,
        landed_rows,
        file_date
    from batches
    where status = 'LOADED' and known_at <= (select max(run.known_at) from {{ source('raw_landscape', 'run') }} as run)
)

select * from final
