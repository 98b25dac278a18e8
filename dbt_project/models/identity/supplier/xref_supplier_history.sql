-- One row per supplier record and time in which it belonged to one golden supplier, as it was known then.
with

records as (select * from {{ ref('int_supplier__record') }}),

memberships as (
    select subject_key, object_key, happened_at, event_id, code, evidence
    from {{ ref('can_identity_event') }}
    where event = 'MEMBERSHIP'
    union all
    select subject_key, object_key, happened_at, event_id, code, evidence
    from {{ ref('int_supplier__identity_event') }}
    where event = 'MEMBERSHIP'
),

followed as (
    select
        memberships.*,
        lag(object_key) over (
            partition by subject_key order by happened_at nulls last, event_id nulls last
        ) as earlier_key
    from memberships
),

-- Other content alone begins nothing. Before the first time it was known the record has always been who it was then.
intervals as (
    select
        subject_key as record_key,
        object_key as supplier_key,
        code,
        evidence,
        happened_at,
        case when earlier_key is not null then happened_at end as valid_from,
        lead(happened_at) over (partition by subject_key order by happened_at nulls last) as valid_to
    from followed
    where earlier_key is null or earlier_key <> object_key
),

final as (
    select
        records.source_instance,
        records.source_system,
        records.native_id,
        intervals.record_key,
        intervals.supplier_key,
        case
            when intervals.record_key = intervals.supplier_key then 'SELF'
            when intervals.code = 'MATCH' then {{ json_text('intervals.evidence', 'gate') }}
            else intervals.code
        end as link_method,
        -- No match is as certain as what somebody states.
        case
            when intervals.code = 'MATCH'
                then least(cast({{ json_text('intervals.evidence', 'probability') }} as decimal(18, 6)), 0.999999)
            when intervals.code <> 'MOVED' then cast(1 as decimal(18, 6))
        end as confidence,
        intervals.valid_from,
        intervals.valid_to
    from intervals
    inner join records on intervals.record_key = records.record_key
)

select * from final
