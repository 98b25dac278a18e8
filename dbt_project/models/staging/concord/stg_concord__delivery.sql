-- One row per message to a target: its state and answer in the delivery ledger as the run began.
with

deliveries as (select * from {{ source('raw_concord', 'delivery') }}),

final as (
    select
        posting_key,
        idempotency_key,
        target,
        entity,
        occurrence,
        business_key,
        payload_hash,
        payload,
        state,
        reference,
        first_ready_at,
        updated_at,
        attempts,
        refused_at,
        manual_count
    from deliveries
)

select * from final
