-- One row per PO line and contract price for its item, whoever supplies it: the terms as they stood for this order (domain_rules 3.8, steps 1-3).
with

order_lines as (
    select * from {{ ref('fct_purchase_order_line') }} where unit_factor > 0 and order_unit_price is not null
),
items as (select * from {{ ref('dim_item') }}),
contracts as (select * from {{ ref('dim_contract') }}),
prices as (select * from {{ ref('int_contract_price__known') }}),
facility_tiers as (select * from {{ ref('stg_landscape__facility_tier') }}),
item_units as (select * from {{ ref('dim_item_unit') }}),
units as (select * from {{ ref('uom_code') }}),

asked as (
    select
        order_lines.*,
        {{ normalized_number('coalesce(order_lines.manufacturer_part_number, items.manufacturer_part_number)') }}
            as manufacturer_part,
        coalesce(contracts.contract_number, order_lines.contract_id) as referenced_contract
    from order_lines
    left join items on order_lines.item_key = items.item_key
    left join contracts
        on order_lines.source_instance = contracts.source_instance and order_lines.contract_id = contracts.native_id
),

-- By item, else by the manufacturer's part number.
offered as (
    select asked.purchase_order_line_key, prices.contract_price_key, prices.entity_scope
    from asked inner join prices on asked.item_key = prices.item_key
    union all
    select asked.purchase_order_line_key, prices.contract_price_key, prices.entity_scope
    from asked inner join prices on prices.item_key is null and asked.manufacturer_part = prices.manufacturer_part
    where asked.manufacturer_part <> ''
),

-- A unit may be stated by several systems: the nearest counts. An outer join on an either-or would compare all with all.
ranked_units as (
    select
        asked.purchase_order_line_key,
        item_units.uom_code,
        item_units.factor,
        row_number() over (
            partition by asked.purchase_order_line_key, item_units.uom_code
            order by (not is_system_of_record), ladder_level nulls last, item_units.source_instance nulls last
        ) as nearness
    from asked
    inner join item_units
        on
            asked.item_key = item_units.item_key
            and (item_units.supplier_key is null or item_units.supplier_key = asked.supplier_key)
            and {{ in_interval('asked.ordered_date', 'item_units.valid_from', 'item_units.valid_to') }}
),
nearest_units as (select * from ranked_units where nearness = 1),

-- Membership may be stated for the contract and for its group: the nearest counts.
joined as (
    select
        asked.purchase_order_line_key,
        asked.order_unit_price,
        asked.unit_factor,
        prices.contract_price_key,
        prices.contract_number,
        prices.tier_code,
        coalesce(prices.min_quantity, 0) as min_quantity,
        coalesce(prices.distributor_markup, 0) as distributor_markup,
        prices.unit_price as contract_unit_price,
        coalesce(prices.valid_from, date '0001-01-01') as valid_from,
        prices.native_id,
        prices.contract_type = 'LOCAL' as is_local,
        coalesce(prices.supplier_key = asked.supplier_key, false) as is_own_supplier,
        coalesce(prices.valid_from > asked.ordered_date, false) as is_future,
        coalesce(prices.valid_to <= asked.ordered_date, false)
        or not {{ in_interval('asked.ordered_date', 'prices.contract_valid_from', 'prices.contract_valid_to') }}
            as is_outside,
        coalesce(prices.known_to_buyers_from <= asked.created_at, false) as is_known,
        not prices.is_restricted or facility_tiers.facility_code is not null as is_member,
        facility_tiers.contract_number is not null as is_designated,
        coalesce(asked.referenced_contract in (prices.contract_id, prices.contract_number), false) as is_referenced,
        prices.uom_code = asked.order_uom_code as is_in_order_unit,
        case when accepted_on <= asked.ordered_date then facility_tiers.tier_code end as facility_tier_code,
        cast(case
            when prices.uom_code = asked.order_uom_code then asked.unit_factor
            when prices.uom_code = asked.base_uom_code then 1
            when nearest_units.factor is not null then nearest_units.factor
            when units.physical_base_uom_code = asked.base_uom_code then units.physical_factor
        end as decimal(18, 8)) as contract_factor,
        asked.ordered_quantity,
        row_number() over (
            partition by asked.purchase_order_line_key, prices.contract_price_key
            order by
                (facility_tiers.contract_number is null), facility_tiers.accepted_on desc nulls last,
                facility_tiers.tier_code nulls last
        ) as nearness
    from offered
    inner join asked on offered.purchase_order_line_key = asked.purchase_order_line_key
    inner join prices
        on
            offered.contract_price_key = prices.contract_price_key
            and offered.entity_scope is not distinct from prices.entity_scope
    left join facility_tiers
        on
            asked.facility_code = facility_tiers.facility_code
            and (
                prices.contract_number = facility_tiers.contract_number
                or (facility_tiers.contract_number is null and prices.gpo_code = facility_tiers.gpo_code)
            )
            and {{ in_interval('asked.ordered_date', 'facility_tiers.valid_from', 'facility_tiers.valid_to') }}
    left join nearest_units
        on
            asked.purchase_order_line_key = nearest_units.purchase_order_line_key
            and prices.uom_code = nearest_units.uom_code
    left join units on prices.uom_code = units.uom_code
    where
        (prices.currency_code is null or prices.currency_code = asked.currency_code)
        and (offered.entity_scope is null or offered.entity_scope = asked.legal_entity_code)
),

final as (select * from joined where nearness = 1)

select * from final
