-- One row per PO line and hypothesis about its receipts: received / ordered would be numerator / denominator (domain_rules 3.3.4).
with

order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
receipt_lines as (
    select * from {{ ref('fct_receipt_line') }}
    where purchase_order_line_key is not null and receipt_type = 'RECEIPT'
),
item_units as (select * from {{ ref('dim_item_unit') }}),

-- What a unit is worth now to the system of record: the order line's factor, or the one expected of the receipt.
stated_factors as (
    select purchase_order_line_key, order_uom_code as uom_code, unit_factor as factor
    from order_lines
    where unit_factor is not null
    union all
    select purchase_order_line_key, uom_code, record_factor as factor
    from receipt_lines
    where record_factor is not null
),

current_factors as (
    select purchase_order_line_key, uom_code, factor
    from stated_factors
    group by purchase_order_line_key, uom_code, factor
),

-- What the same unit is or was worth elsewhere, at another time, or as this supplier packs it.
other_factors as (
    select
        current_factors.purchase_order_line_key,
        case when item_units.ladder_level = 3 then 'UOM_OLD_FACTOR' else 'SUPPLIER_PACK' end as cause_code,
        item_units.factor as numerator,
        current_factors.factor as denominator
    from current_factors
    inner join order_lines on current_factors.purchase_order_line_key = order_lines.purchase_order_line_key
    inner join item_units
        on
            order_lines.item_key = item_units.item_key
            and current_factors.uom_code = item_units.uom_code
            and (item_units.supplier_key is null or item_units.supplier_key = order_lines.supplier_key)
    where item_units.factor <> current_factors.factor
),

repeated as (
    select purchase_order_line_key
    from receipt_lines
    group by purchase_order_line_key, receipt_date, uom_code, quantity
    having count(*) = 2
),

offered as (
    select purchase_order_line_key, cause_code, numerator, denominator from other_factors
    union all
    select purchase_order_line_key, 'ENTERED_IN_EACH' as cause_code, 1 as numerator, factor as denominator
    from current_factors
    where factor <> 1
    union all
    select purchase_order_line_key, 'ENTERED_IN_PACK' as cause_code, factor as numerator, 1 as denominator
    from current_factors
    where factor <> 1
    union all
    select purchase_order_line_key, 'SIGN' as cause_code, -1 as numerator, 1 as denominator
    from order_lines
    union all
    select purchase_order_line_key, 'DUPLICATE_RECEIPT' as cause_code, 2 as numerator, 1 as denominator
    from repeated
),

final as (
    select
        purchase_order_line_key,
        cause_code,
        cast(numerator as decimal(18, 8)) as numerator,
        cast(denominator as decimal(18, 8)) as denominator
    from offered
    group by purchase_order_line_key, cause_code, numerator, denominator
)

select * from final
