-- One row per supplier record whose payments are held, or of which the ERP was told so before: is what should be blocked blocked? (domain_rules 3.6.2, 3.6.6, 3.13)
with

reasons as (select * from {{ ref('int_payment_hold__reason') }}),
deliveries as (
    select
        *,
        {{ json_text('payload', 'supplier_number') }} as supplier_id,
        {{ json_text('payload', 'action') }} as action
    from {{ ref('can_delivery') }}
    where entity = 'supplier_payment_block'
),

held as (
    select
        source_instance,
        supplier_id,
        {{ joined('reason_code', 'reason_code') }} as reason_codes
    from reasons
    group by source_instance, supplier_id
),

-- A message that may have reached the ERP has to be taken back once the hold ends.
told as (
    select
        target as source_instance,
        supplier_id
    from deliveries
    where state in ('CONFIRMED', 'SENT', 'ACKED', 'UNKNOWN')
    group by target, supplier_id
),

confirmed as (
    select
        target as source_instance,
        supplier_id,
        action,
        row_number() over (
            partition by target, supplier_id
            order by occurrence desc nulls last, updated_at desc nulls last
        ) as recency
    from deliveries
    where state = 'CONFIRMED'
),

final as (
    select
        coalesce(held.source_instance, told.source_instance) as source_instance,
        coalesce(held.supplier_id, told.supplier_id) as supplier_id,
        held.supplier_id is not null as is_payment_held,
        held.reason_codes,
        told.supplier_id is not null as is_told,
        coalesce(confirmed.action = 'BLOCK', false) as is_blocked,
        case
            when held.supplier_id is not null and confirmed.action = 'BLOCK' then 'BLOCKED'
            when held.supplier_id is not null then 'TO_BLOCK'
            when confirmed.action = 'UNBLOCK' then 'LIFTED'
            else 'TO_LIFT'
        end as state
    from held
    full join told on held.source_instance = told.source_instance and held.supplier_id = told.supplier_id
    left join confirmed
        on
            coalesce(held.source_instance, told.source_instance) = confirmed.source_instance
            and coalesce(held.supplier_id, told.supplier_id) = confirmed.supplier_id
            and confirmed.recency = 1
)

select * from final
