-- One row per file or set of files of exclusion lists that was ever loaded: what was screened against, and since when.
with

batches as (select * from {{ ref('stg_concord__load_batch') }} where table_name = 'screening_entry'),

final as (
    select
        {{ concord_key(['source_instance', 'batch_id']) }} as screening_edition_key,
        cast(source_system as string) as source_system,
        cast(source_instance as string) as source_instance,
        cast(batch_id as string) as batch_id,
        cast(coalesce(file_date, cast(known_at as date)) as date) as file_date,
        cast(known_at as timestamp) as loaded_at,
        cast(landed_rows as bigint) as entry_count
    from batches
)

select * from final
