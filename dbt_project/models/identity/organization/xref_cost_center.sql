-- One row per cost center record: the cost center it means; a code is one cost center within a legal entity, in every system.
with

records as (select * from {{ ref('can_cost_center') }}),
instances as (select * from {{ ref('stg_landscape__instance') }}),

-- An instance that serves one legal entity speaks of that one.
told as (
    select
        records.source_instance,
        records.native_id,
        upper(trim(records.cost_center_code)) as code,
        coalesce(
            records.legal_entity_code,
            nullif({{ extracted('instances.legal_entities', '^ *. *"([^",]*)" *.$') }}, '')
        ) as legal_entity_code,
        coalesce(instances.legal_entities, '[]') as served_entities
    from records
    left join instances on records.source_instance = instances.source_instance
),

entities as (
    select
        code,
        legal_entity_code
    from told
    where legal_entity_code is not null
    group by code, legal_entity_code
),

-- A record that names no entity means the one entity of those its instance serves that has the code.
placed as (
    select
        told.source_instance,
        told.native_id,
        told.code,
        told.legal_entity_code,
        count(entities.code) as known_entities,
        count(
            case
                when
                    told.served_entities = '[]'
                    or told.served_entities like '%"' || entities.legal_entity_code || '"%'
                    then 1
            end
        ) as candidates,
        min(
            case
                when
                    told.served_entities = '[]'
                    or told.served_entities like '%"' || entities.legal_entity_code || '"%'
                    then entities.legal_entity_code
            end
        ) as candidate
    from told
    left join entities on told.code = entities.code and told.legal_entity_code is null
    group by told.source_instance, told.native_id, told.code, told.legal_entity_code
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
