-- One row per entity scope, domain, attribute group, instance and interval: who may say what (domain rules 3.2).
with

source_rows as (select * from {{ source('raw_landscape', 'system_of_record') }}),

final as (
    select
        entity_scope,
        domain,
        attribute_group,
        source_instance,
        valid_from,
        valid_to,
        upper(write_policy) as write_policy
    from source_rows
)

select * from final
