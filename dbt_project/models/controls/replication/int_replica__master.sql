-- One row per kind of master data, owner and instance that holds copies of it: how soon they must agree, and until when silence counts (domain_rules 3.2, 3.15).
with

records as (
    select * from {{ ref('stg_landscape__system_of_record') }} where domain in ('supplier', 'item', 'contract')
),
policies as (select * from {{ ref('stg_landscape__sync_policy') }}),
instances as (select * from {{ ref('stg_landscape__instance') }}),
run as (select * from {{ ref('stg_landscape__run') }}),

holders as (
    select
        records.domain,
        records.attribute_group,
        records.source_instance,
        records.write_policy,
        instances.last_loaded_at
    from records
    cross join run
    inner join instances on records.source_instance = instances.source_instance
    where {{ in_interval('run.as_of', 'records.valid_from', 'records.valid_to') }}
    group by
        records.domain, records.attribute_group, records.source_instance, records.write_policy, instances.last_loaded_at
),

-- A system that was not read since cannot be blamed for what it does not show.
final as (
    select
        replicas.domain,
        replicas.attribute_group,
        masters.source_instance as master_instance,
        replicas.source_instance as replica_instance,
        coalesce(policies.fresh_within_hours, 24) as grace_hours,
        coalesce(policies.owner_role, case replicas.domain
            when 'supplier' then 'vendor_master_governance'
            when 'item' then 'item_master_steward'
            else 'contract_management'
        end) as owner_role,
        least(
            run.as_of_ends_at,
            coalesce(masters.last_loaded_at, timestamp '0001-01-01 00:00:00'),
            coalesce(replicas.last_loaded_at, timestamp '0001-01-01 00:00:00')
        ) as judged_until
    from holders as replicas
    cross join run
    inner join holders as masters
        on
            replicas.domain = masters.domain
            and replicas.attribute_group = masters.attribute_group
            and masters.write_policy = 'MASTER'
            and replicas.source_instance <> masters.source_instance
    left join policies
        on replicas.domain = policies.domain and replicas.attribute_group = policies.attribute_group
    where replicas.write_policy = 'REPLICA'
)

select * from final
