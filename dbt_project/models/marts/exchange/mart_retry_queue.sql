-- One row per message that its target has not confirmed, as the run began: why it waits, since when, who acts.
with

waiting as (select * from {{ ref('rec_message_vs_confirmation') }}),

final as (
    select
        delivery_key,
        target,
        entity,
        business_key,
        state,
        reference,
        first_ready_at,
        updated_at,
        waiting_hours,
        owner_role,
        remark
    from waiting
)

select * from final
