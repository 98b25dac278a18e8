-- One row per business event, in the order of what it is about (domain_rules 3.11).
with

events as (select * from {{ ref('can_status_event') }} where not is_deleted),

-- A clock that runs ahead of ours cannot say when something happened: the arrival is all that is known.
clocked as (
    select
        events.*,
        {{ seconds_between('ingested_at', 'occurred_at') }} > 300 as is_clock_ahead
    from events
),

dated as (
    select
        clocked.*,
        case when is_clock_ahead then ingested_at else occurred_at end as happened_at
    from clocked
),

arrivals as (
    select source_instance, entity_type, entity_id, ingested_at, max(entity_version) as entity_version
    from dated
    group by source_instance, entity_type, entity_id, ingested_at
),

-- What was known of a document before each arrival: a lower version told after a higher one is late.
known as (
    select
        arrivals.*,
        max(entity_version) over (
            partition by source_instance, entity_type, entity_id
            order by ingested_at
            rows between unbounded preceding and 1 preceding
        ) as version_before
    from arrivals
),

ordered as (
    select
        dated.*,
        known.version_before,
        row_number() over (
            partition by dated.source_instance, dated.entity_type, dated.entity_id
            order by dated.entity_version nulls first, dated.happened_at, dated.event_id
        ) as sequence_number
    from dated
    inner join known
        on
            dated.source_instance = known.source_instance
            and dated.entity_type = known.entity_type
            and dated.entity_id = known.entity_id
            and dated.ingested_at = known.ingested_at
),

final as (
    select
        status_event_key,
        source_system,
        source_instance,
        native_id,
        entity_type,
        entity_id,
        event_type,
        happened_at as occurred_at,
        entity_version,
        cast(sequence_number as bigint) as sequence_number,
        coalesce(entity_version < version_before, false) as is_late,
        is_clock_ahead,
        correlation_id,
        actor
    from ordered
)

select * from final
