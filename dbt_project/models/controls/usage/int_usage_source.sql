-- One row per system and entity that tells of use in cases: does its silence mean that nothing was used? (domain_rules 3.4.5, 3.5)
with

records as (
    select * from {{ ref('stg_landscape__system_of_record') }} where domain = 'usage' and write_policy = 'MASTER'
),
sources as (select * from {{ ref('int_receiving_source') }}),
unread as (select * from {{ ref('int_unread_master') }} where domain = 'usage'),
told as (select source_instance from {{ ref('fct_usage_event') }} group by source_instance),
stale as (select source_instance from sources where is_stale group by source_instance),

-- Where the landscape names no owner of usage, whoever ever told of it counts.
telling as (
    select
        source_instance,
        entity_scope
    from records
    group by source_instance, entity_scope
    union all
    select
        told.source_instance,
        cast(null as string) as entity_scope
    from told
    where (select count(*) from records) = 0
),

final as (
    select
        telling.source_instance,
        telling.entity_scope,
        stale.source_instance is not null
        or (
            select count(*) from unread where unread.entity_scope is not distinct from telling.entity_scope
        ) > 0 as is_silent
    from telling
    left join stale on telling.source_instance = stale.source_instance
)

select * from final
