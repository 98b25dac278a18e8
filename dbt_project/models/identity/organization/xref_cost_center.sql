-- One row per cost center record: the cost center it means; a code is one cost center within a legal entity, in every system.
with

records as (select * from {{ ref('can_cost_center') }}),
instances as (select * from {{ ref('stg_landscape__instance') }}),

told as (
    select
        records.source_instance,
        records.native_id,
        upper(trim(records.cost_center_code)) as code,
        records.legal_entity_code,
        coalesce(records.legal_entity_code, {{ sole_entity('instances.legal_entities') }}) as likely_entity_code,
        instances.legal_entities as served_entities
    from records
    left join instances on records.source_instance = instances.source_instance
),

entities as (
    select
        code,
        likely_entity_code as legal_entity_code,
        count(legal_entity_code) as tellers
    from told
    where likely_entity_code is not null
    group by code, likely_entity_code
),

-- A code that nobody says an entity for, and that no two instances use for entities of their own, needs none.
divided as (
    select code
    from entities
    group by code
    having count(*) > 1 or sum(tellers) > 0
),

-- Else a record that names no entity means the only one its instance serves, or the only one of those that has the code.
placed as (
    select
        told.source_instance,
        told.native_id,
        told.code,
        case when divided.code is not null then told.likely_entity_code else told.legal_entity_code end
            as legal_entity_code,
        count(entities.code) as known_entities,
        count(
            case when {{ may_serve('told.served_entities', 'entities.legal_entity_code') }} then entities.code end
        ) as candidates,
        min(
            case
                when {{ may_serve('told.served_entities', 'entities.legal_entity_code') }}
                    then entities.legal_entity_code
            end
        ) as candidate
    from told
    left join divided on told.code = divided.code
    left join entities on divided.code = entities.code and told.likely_entity_code is null
    group by
        told.source_instance, told.native_id, told.code, told.legal_entity_code, told.likely_entity_code, divided.code
),

scoped as (
    select
        source_instance,
        native_id,
        code,
        case
            when legal_entity_code is not null or known_entities = 0 then legal_entity_code
            when candidates = 1 then candidate
        end as legal_entity_code,
        known_entities > 0 and candidates <> 1 as is_ambiguous
    from placed
),

final as (
    select
        source_instance,
        native_id,
        legal_entity_code,
        {{ concord_key(["'cost_center'", 'legal_entity_code', 'code']) }} as cost_center_key,
        case when is_ambiguous then 'AMBIGUOUS' when legal_entity_code is null then 'CODE' else 'ENTITY_CODE' end
            as link_method
    from scoped
)

select * from final
