-- One row per domain, attribute group and system that holds it: what the policy asks of it and whether it was read in time.
with

records as (select * from {{ ref('stg_landscape__system_of_record') }}),
policies as (select * from {{ ref('stg_landscape__sync_policy') }}),
instances as (select * from {{ ref('stg_landscape__instance') }}),
run as (select * from {{ ref('stg_landscape__run') }}),

held as (
    select
        records.domain,
        records.attribute_group,
        records.source_instance,
        records.write_policy,
        {{ joined("coalesce(records.entity_scope, '*')", "coalesce(records.entity_scope, '*')", ', ') }} as entities
    from records
    cross join run
    where {{ in_interval('run.as_of', 'records.valid_from', 'records.valid_to') }}
    group by records.domain, records.attribute_group, records.source_instance, records.write_policy
),

final as (
    select
        held.domain,
        held.attribute_group,
        held.source_instance,
        held.write_policy,
        held.entities,
        policies.criticality,
        policies.mode,
        policies.fresh_within_hours,
        policies.gate_severity,
        policies.owner_role,
        policies.domain is null as is_without_policy,
        coalesce(
            {{ seconds_between('instances.last_loaded_at', 'run.known_at') }} > policies.fresh_within_hours * 3600,
            policies.domain is not null
        ) as is_late
    from held
    cross join run
    left join policies on held.domain = policies.domain and held.attribute_group = policies.attribute_group
    left join instances on held.source_instance = instances.source_instance
)

select * from final
