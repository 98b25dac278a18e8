-- One row per message that its target refused, or that a person moved: sent how often, and how long until it was confirmed (domain_rules 3.16, K19).
with

versions as (select * from {{ ref('can_delivery') }}),

told as (
    select
        target,
        entity,
        posting_key,
        min(refused_at) as refused_at,
        sum(coalesce(manual_count, 0)) as manual_count
    from versions
    group by target, entity, posting_key
    having min(refused_at) is not null or sum(coalesce(manual_count, 0)) > 0
),

-- Corrected content goes as another version of the message: the first that was confirmed ends the failure.
confirmed as (
    select
        told.target,
        told.entity,
        told.posting_key,
        min(versions.updated_at) as confirmed_at,
        min(versions.occurrence) as occurrence
    from told
    inner join versions
        on
            told.target = versions.target
            and told.entity = versions.entity
            and told.posting_key = versions.posting_key
            and told.refused_at < versions.updated_at
    where versions.state = 'CONFIRMED'
    group by told.target, told.entity, told.posting_key
),

final as (
    select
        told.target,
        told.entity,
        told.posting_key,
        max(versions.business_key) as business_key,
        max({{ json_text('versions.payload', 'invoice_id') }}) as invoice_id,
        max(told.refused_at) as refused_at,
        max(confirmed.confirmed_at) as confirmed_at,
        max(versions.updated_at) as last_moved_at,
        cast(sum(versions.attempts) as bigint) as attempt_count,
        {{ divide(seconds_between('max(told.refused_at)', 'max(confirmed.confirmed_at)'), '60', 2) }}
            as minutes_to_confirm,
        cast(max(told.manual_count) as bigint) as manual_count
    from told
    inner join versions
        on
            told.target = versions.target
            and told.entity = versions.entity
            and told.posting_key = versions.posting_key
    left join confirmed
        on
            told.target = confirmed.target
            and told.entity = confirmed.entity
            and told.posting_key = confirmed.posting_key
    -- What was sent after the confirmation is another story.
    where coalesce(versions.occurrence <= confirmed.occurrence, true)
    group by told.target, told.entity, told.posting_key
)

select * from final
