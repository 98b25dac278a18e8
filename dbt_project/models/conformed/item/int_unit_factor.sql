-- One row per requested conversion: the factor to the item's base unit and the step of the ladder that gave it (domain_rules 3.3.1).
with

requests as (select * from {{ ref('int_unit_request') }}),
item_units as (select * from {{ ref('dim_item_unit') }}),
items as (select * from {{ ref('dim_item') }}),
units as (
    select uom_code, physical_factor, physical_base_uom_code from {{ ref('uom_code') }}
    union all
    select uom_code, physical_factor, physical_base_uom_code from {{ ref('stg_landscape__uom') }}
    where uom_code not in (select uom_code from {{ ref('uom_code') }})
),

-- Without an item there is no pack: the unit stands for itself, or for its physical base (a dozen is 12 each).
based as (
    select
        requests.*,
        coalesce(items.base_uom_code, units.physical_base_uom_code, requests.uom_code) as base_uom_code,
        units.physical_factor,
        units.physical_base_uom_code
    from requests
    left join items on requests.item_key = items.item_key
    left join units on requests.uom_code = units.uom_code
),

candidates as (
    select
        based.unit_request_key,
        item_units.factor,
        item_units.ladder_level,
        case
            when item_units.source_instance = based.source_instance
                then case when based.prefers_record then 2 else 1 end
            when item_units.is_system_of_record then case when based.prefers_record then 1 else 2 end
            else 3
        end as source_preference,
        item_units.source_instance,
        item_units.valid_from
    from based
    inner join item_units
        on
            based.item_key = item_units.item_key
            and based.uom_code = item_units.uom_code
            and (item_units.supplier_key is null or item_units.supplier_key = based.supplier_key)
            and {{ in_interval('based.on_date', 'item_units.valid_from', 'item_units.valid_to') }}
),

-- A system's own record that is the system of record as well counts as both.
ranked as (
    select
        candidates.*,
        row_number() over (
            partition by candidates.unit_request_key
            order by
                candidates.source_preference,
                candidates.ladder_level,
                candidates.source_instance,
                candidates.valid_from desc nulls last
        ) as preference
    from candidates
),

final as (
    select
        based.unit_request_key,
        based.base_uom_code,
        case
            when based.uom_code = based.base_uom_code then cast(1 as decimal(18, 8))
            when ranked.factor is not null then ranked.factor
            when based.physical_base_uom_code = based.base_uom_code then based.physical_factor
        end as factor,
        case
            when based.uom_code = based.base_uom_code then 0
            when ranked.factor is not null then ranked.ladder_level
            when based.physical_base_uom_code = based.base_uom_code then 5
            else 6
        end as ladder_level,
        case when based.uom_code <> based.base_uom_code then ranked.source_instance end as factor_instance
    from based
    left join ranked on based.unit_request_key = ranked.unit_request_key and ranked.preference = 1
)

select * from final
