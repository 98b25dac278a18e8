-- One row per PO line, contract price for its item and distributor who would sell at it, if any: the terms as they stood for this order (domain_rules 3.8, steps 1-3).
with

subjects as (select * from {{ ref('int_contract_price__subject') }}),
pairs as (select * from {{ ref('int_contract_price__pair') }}),
offers as (select * from {{ ref('int_contract_price__offer') }}),
facility_tiers as (select * from {{ ref('stg_landscape__facility_tier') }}),
item_units as (select * from {{ ref('dim_item_unit') }}),
units as (select * from {{ ref('uom_code') }}),

-- A unit may be stated by several systems: the nearest counts. An outer join on an either-or would compare all with all.
ranked_units as (
    select
        subjects.purchase_order_line_key,
        item_units.uom_code,
        item_units.factor,
        row_number() over (
            partition by subjects.purchase_order_line_key, item_units.uom_code
            order by (not is_system_of_record), ladder_level nulls last, item_units.source_instance nulls last
        ) as nearness
    from subjects
    inner join item_units
        on
            subjects.item_key = item_units.item_key
            and (item_units.supplier_key is null or item_units.supplier_key = subjects.supplier_key)
            and {{ in_interval('subjects.ordered_date', 'item_units.valid_from', 'item_units.valid_to') }}
),
nearest_units as (select * from ranked_units where nearness = 1),

-- Membership may be stated for the contract and for its group: the nearest counts.
joined as (
    select
        subjects.purchase_order_line_key,
        subjects.order_unit_price,
        subjects.unit_factor,
        subjects.ordered_quantity,
        offers.contract_price_key,
        offers.contract_number,
        offers.distributor_contract_key,
        offers.distributor_contract_number,
        offers.tier_code,
        offers.is_list,
        offers.price_basis,
        pairs.priced_on,
        pairs.met_by,
        coalesce(offers.min_quantity, 0) as min_quantity,
        offers.markup as distributor_markup,
        offers.unit_price as contract_unit_price,
        coalesce(offers.valid_from, date '0001-01-01') as valid_from,
        offers.native_id,
        offers.contract_type = 'LOCAL' as is_local,
        coalesce(offers.seller_key = subjects.supplier_key, false) as is_own_supplier,
        offers.supplier_key as contract_supplier_key,
        coalesce(offers.valid_from > pairs.priced_on, false) as is_future,
        coalesce(offers.valid_to <= pairs.priced_on, false)
        or not {{ in_interval('pairs.priced_on', 'offers.offer_valid_from', 'offers.offer_valid_to') }}
            as is_outside,
        coalesce(offers.known_to_buyers_from <= subjects.created_at, false) as is_known,
        not offers.is_restricted or facility_tiers.facility_code is not null as is_member,
        facility_tiers.contract_number is not null as is_designated,
        coalesce(
            subjects.referenced_contract in (
                offers.contract_id, offers.contract_number,
                offers.distributor_contract_id, offers.distributor_contract_number
            ), false
        ) as is_referenced,
        offers.uom_code = subjects.order_uom_code as is_in_order_unit,
        case when accepted_on <= subjects.ordered_date then facility_tiers.tier_code end as facility_tier_code,
        cast(case
            when offers.uom_code = subjects.order_uom_code then subjects.unit_factor
            when offers.uom_code = subjects.base_uom_code then 1
            when nearest_units.factor is not null then nearest_units.factor
            when units.physical_base_uom_code = subjects.base_uom_code then units.physical_factor
        end as decimal(18, 8)) as contract_factor,
        row_number() over (
            partition by
                subjects.purchase_order_line_key, offers.contract_price_key, offers.distributor_contract_key
            order by
                (facility_tiers.contract_number is null), facility_tiers.accepted_on desc nulls last,
                facility_tiers.tier_code nulls last
        ) as nearness
    from pairs
    inner join subjects on pairs.purchase_order_line_key = subjects.purchase_order_line_key
    inner join offers on pairs.offer_key = offers.offer_key
    left join facility_tiers
        on
            subjects.facility_code = facility_tiers.facility_code
            and (
                offers.contract_number = facility_tiers.contract_number
                or (facility_tiers.contract_number is null and offers.gpo_code = facility_tiers.gpo_code)
            )
            and {{ in_interval('subjects.ordered_date', 'facility_tiers.valid_from', 'facility_tiers.valid_to') }}
    left join nearest_units
        on
            subjects.purchase_order_line_key = nearest_units.purchase_order_line_key
            and offers.uom_code = nearest_units.uom_code
    left join units on offers.uom_code = units.uom_code
),

final as (select * from joined where nearness = 1)

select * from final
