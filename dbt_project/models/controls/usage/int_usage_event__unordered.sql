-- One row per implant of a supplier that a case used and no order stands for yet: whose it is and what it costs (domain_rules 3.5.1, 3.5.3).
with

events as (select * from {{ ref('fct_usage_event') }} where used_quantity > 0 and case_token is not null),
links as (select * from {{ ref('int_usage_event__order_line') }}),
items as (select * from {{ ref('dim_item') }} where is_implant and not is_stocked),
facilities as (select * from {{ ref('dim_facility') }}),
prices as (select * from {{ ref('dim_contract_price') }} where not is_list and not is_replica),
run as (select * from {{ ref('stg_landscape__run') }}),

-- Implants that the house keeps in stock were bought before; the others came with the supplier.
used as (
    select
        events.*,
        items.item_number,
        facilities.legal_entity_code,
        run.currency
    from events
    cross join run
    inner join items on events.item_key = items.item_key
    left join links on events.usage_event_key = links.usage_event_key
    left join facilities
        on
            events.facility_code = facilities.facility_code
            and {{ in_interval('events.used_on', 'facilities.valid_from', 'facilities.valid_to') }}
    where links.usage_event_key is null
),

-- Several prices of the day are none: which of them holds only the order can say.
priced as (
    select
        used.usage_event_key,
        min(prices.unit_price) as unit_price,
        max(prices.unit_price) as highest_price,
        min(prices.supplier_key) as supplier_key,
        max(prices.supplier_key) as other_supplier_key,
        min(prices.contract_number) as contract_number
    from used
    inner join prices
        on
            used.item_key = prices.item_key
            and used.base_uom_code = prices.uom_code
            and coalesce(prices.currency_code, used.currency) = used.currency
            and {{ in_interval('used.used_on', 'prices.valid_from', 'prices.valid_to') }}
    group by used.usage_event_key
),

final as (
    select
        used.usage_event_key,
        used.source_instance,
        used.native_id,
        used.item_key,
        used.item_number,
        used.facility_code,
        used.legal_entity_code,
        case when priced.supplier_key = priced.other_supplier_key then priced.supplier_key end as supplier_key,
        used.used_on,
        used.base_uom_code,
        used.used_quantity,
        used.currency as currency_code,
        case when priced.unit_price = priced.highest_price then priced.unit_price end as unit_price,
        case when priced.unit_price = priced.highest_price then priced.contract_number end as contract_number
    from used
    left join priced on used.usage_event_key = priced.usage_event_key
)

select * from final
