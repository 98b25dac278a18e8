-- One row per unit code that a source instance uses: what it means here, or null when nobody has said so yet.
with

purchase_order_lines as (select * from {{ ref('can_purchase_order_line') }}),
receipt_lines as (select * from {{ ref('can_receipt_line') }}),
invoice_lines as (select * from {{ ref('can_invoice_line') }}),
conversions as (select * from {{ ref('can_item_uom_conversion') }}),
packages as (select * from {{ ref('can_item_package') }}),
items as (select * from {{ ref('can_item') }}),
contract_prices as (select * from {{ ref('can_contract_price') }}),
acknowledgement_lines as (select * from {{ ref('can_po_acknowledgement_line') }}),
ship_notice_lines as (select * from {{ ref('can_ship_notice_line') }}),
aliases as (select * from {{ ref('stg_landscape__uom_alias') }}),

codes as (
    select source_system, source_instance, order_uom_code as source_code from purchase_order_lines
    union all
    select source_system, source_instance, price_uom_code as source_code from purchase_order_lines
    union all
    select source_system, source_instance, uom_code as source_code from receipt_lines
    union all
    select source_system, source_instance, stock_uom_code as source_code from receipt_lines
    union all
    select source_system, source_instance, uom_code as source_code from invoice_lines
    union all
    select source_system, source_instance, price_uom_code as source_code from invoice_lines
    union all
    select source_system, source_instance, from_uom_code as source_code from conversions
    union all
    select source_system, source_instance, uom_code as source_code from packages
    union all
    select source_system, source_instance, base_uom_code as source_code from items
    union all
    select source_system, source_instance, uom_code as source_code from contract_prices
    union all
    select source_system, source_instance, uom_code as source_code from acknowledgement_lines
    union all
    select source_system, source_instance, uom_code as source_code from ship_notice_lines
),

used as (
    select
        source_system,
        source_instance,
        source_code,
        count(*) as use_count
    from codes
    where source_code is not null
    group by source_system, source_instance, source_code
),

units as (
    select uom_code, uom_class, is_integer, physical_factor, physical_base_uom_code from {{ ref('uom_code') }}
    union all
    select uom_code, uom_class, is_integer, physical_factor, physical_base_uom_code from {{ ref('stg_landscape__uom') }}
    where uom_code not in (select uom_code from {{ ref('uom_code') }})
),

-- An alias of the instance wins over one of its system, and both over the code itself (domain_rules 3.3.1).
meant as (
    select
        used.source_system,
        used.source_instance,
        used.source_code,
        used.use_count,
        coalesce(by_instance.uom_code, by_system.uom_code, upper(trim(used.source_code))) as meant_uom_code,
        case
            when by_instance.uom_code is not null then 'INSTANCE_ALIAS'
            when by_system.uom_code is not null then 'SYSTEM_ALIAS'
            else 'UNIT_LIST'
        end as meant_by
    from used
    left join aliases as by_instance
        on used.source_instance = by_instance.source_instance and used.source_code = by_instance.source_code
    left join aliases as by_system
        on
            used.source_system = by_system.source_system
            and by_system.source_instance is null
            and used.source_code = by_system.source_code
),

final as (
    select
        meant.source_system,
        meant.source_instance,
        meant.source_code,
        units.uom_code,
        units.uom_class,
        units.is_integer,
        units.physical_factor,
        units.physical_base_uom_code,
        case when units.uom_code is null then 'UNRESOLVED' else meant.meant_by end as link_method,
        meant.use_count
    from meant
    left join units on meant.meant_uom_code = units.uom_code
)

select * from final
