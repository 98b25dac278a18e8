-- One row per use of an item in a case up to as_of, in the item's base unit: the evidence that stands for a receipt (domain_rules 3.5).
with

documents as (select * from {{ ref('int_usage_event__document') }} where is_fact and is_as_of),
events as (select * from {{ ref('can_usage_event') }}),
factors as (select * from {{ ref('int_unit_factor') }}),
facilities as (select * from {{ ref('int_facility__code') }}),

requested as (
    select
        documents.*,
        {{ concord_key(['source_instance', 'item_key', "cast(null as string)", 'uom_code', 'used_on', 'true']) }}
            as unit_request_key
    from documents
),

-- What is taken out again was used once before, and is nobody's to bill.
final as (
    select
        requested.usage_event_key,
        events.source_system,
        events.source_instance,
        events.native_id,
        requested.purchase_order_line_key,
        requested.item_key,
        events.case_token,
        events.construct_id,
        events.gtin,
        upper(trim(events.lot)) as lot,
        events.serial,
        requested.outcome,
        requested.used_on,
        coalesce(facilities.facility_code, events.facility_id) as facility_code,
        events.quantity,
        requested.uom_code,
        coalesce(factors.base_uom_code, requested.base_uom_code, requested.uom_code) as base_uom_code,
        case
            when requested.outcome = 'EXPLANTED' then cast(0 as decimal(18, 6))
            when requested.uom_code is not distinct from requested.base_uom_code
                then {{ quantity('coalesce(events.quantity, 1)') }}
            else {{ quantity(product('coalesce(events.quantity, 1)', 'factors.factor')) }}
        end as used_quantity
    from requested
    inner join events on requested.usage_event_key = events.usage_event_key
    left join factors on requested.unit_request_key = factors.unit_request_key
    left join facilities
        on events.source_instance = facilities.source_instance and events.facility_id = facilities.facility_id
)

select * from final
