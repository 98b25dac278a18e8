-- One row per message to a target.
with

source_rows as (select * from {{ ref('stg_concord__delivery') }}),

final as (
    select
        {{ concord_key(["'concord'", 'target', 'entity', 'posting_key', 'occurrence']) }} as delivery_key,
        cast(posting_key as string) as posting_key,
        cast(idempotency_key as string) as idempotency_key,
        cast(target as string) as target,
        cast(entity as string) as entity,
        cast(occurrence as bigint) as occurrence,
        cast(business_key as string) as business_key,
        cast(payload_hash as string) as payload_hash,
        cast(payload as string) as payload,
        cast(state as string) as state,
        cast(reference as string) as reference,
        cast(first_ready_at as timestamp) as first_ready_at,
        cast(updated_at as timestamp) as updated_at,
        cast(attempts as bigint) as attempts,
        cast(refused_at as timestamp) as refused_at,
        cast(manual_count as bigint) as manual_count
    from source_rows
)

select * from final
