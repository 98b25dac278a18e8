-- One row per entry of the verdict journal.
with

source_rows as (select * from {{ ref('stg_concord__verdict') }}),

final as (
    select
        {{ concord_key(["'concord'", 'seq']) }} as verdict_key,
        cast(seq as bigint) as seq,
        cast(run_id as string) as run_id,
        cast(known_at as timestamp) as known_at,
        cast(as_of as date) as as_of,
        cast(entity_type as string) as entity_type,
        cast(source_instance as string) as source_instance,
        cast(native_id as string) as native_id,
        cast(match_status as string) as match_status,
        cast(codes as string) as codes,
        cast(fingerprint as string) as fingerprint
    from source_rows
)

select * from final
