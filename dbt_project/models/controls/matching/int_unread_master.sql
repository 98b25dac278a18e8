-- One row per domain and entity whose system of record was never read: neither its silence nor its copies elsewhere prove anything (domain_rules 3.4.5).
with

records as (
    select * from {{ ref('stg_landscape__system_of_record') }}
    where write_policy = 'MASTER' and attribute_group in ('document', 'unit')
),
instances as (select * from {{ ref('stg_landscape__instance') }}),
run as (select * from {{ ref('stg_landscape__run') }}),

final as (
    select
        records.domain,
        records.entity_scope
    from records
    cross join run
    inner join instances on records.source_instance = instances.source_instance
    where
        instances.last_loaded_at is null
        and {{ in_interval('run.as_of', 'records.valid_from', 'records.valid_to') }}
    group by records.domain, records.entity_scope
)

select * from final
