-- One row per instance: is what it last delivered recent enough at as_of to rely on its silence? (domain_rules 3.4.5)
with

instances as (select * from {{ ref('stg_landscape__instance') }}),
run as (select * from {{ ref('stg_landscape__run') }}),
records as (select * from {{ ref('stg_landscape__system_of_record') }}),

masters as (
    select
        source_instance,
        entity_scope
    from records
    where domain = 'receipt' and write_policy = 'MASTER'
    group by source_instance, entity_scope
),

final as (
    select
        instances.source_instance,
        masters.source_instance is not null as is_receipt_master,
        masters.entity_scope,
        coalesce(
            {{ seconds_between('instances.last_loaded_at', 'run.as_of_ends_at') }}
            > instances.fresh_within_hours * 3600,
            instances.fresh_within_hours is not null
        ) as is_stale
    from instances
    cross join run
    left join masters on instances.source_instance = masters.source_instance
)

select * from final
