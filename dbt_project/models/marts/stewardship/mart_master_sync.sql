-- One row per domain, attribute group and system that holds it: who owns it, how soon copies have to agree, and what stands open.
with

held as (select * from {{ ref('rec_instance_vs_sync_policy') }}),
violations as (
    select source_instance, count(*) as open_count
    from {{ ref('exc_exception') }}
    where code = 'SOR_VIOLATION' and status = 'OPEN'
    group by source_instance
),

final as (
    select
        held.domain,
        held.attribute_group,
        held.source_instance,
        held.write_policy,
        held.entities,
        held.criticality,
        held.mode,
        held.fresh_within_hours,
        held.gate_severity,
        held.owner_role,
        held.is_without_policy,
        held.is_late,
        case
            when held.domain = 'supplier' then coalesce(violations.open_count, 0)
        end as open_violation_count
    from held
    left join violations on held.source_instance = violations.source_instance
)

select * from final
