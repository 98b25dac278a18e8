-- One row per PO line whose complete delivery differs from the order: the one hypothesis that reproduces the ratio (domain_rules 3.3.4).
with

order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
receipts as (select * from {{ ref('int_purchase_order_line__receipt') }}),
receipt_lines as (
    select * from {{ ref('fct_receipt_line') }}
    where purchase_order_line_key is not null and receipt_type = 'RECEIPT'
),
item_units as (select * from {{ ref('dim_item_unit') }}),

differing as (
    select
        order_lines.purchase_order_line_key,
        order_lines.item_key,
        order_lines.supplier_key,
        order_lines.order_uom_code,
        order_lines.base_uom_code,
        order_lines.ordered_quantity,
        receipts.received_quantity
    from order_lines
    inner join receipts on order_lines.purchase_order_line_key = receipts.purchase_order_line_key
    where
        order_lines.ordered_quantity > 0
        and receipts.received_quantity <> 0
        and (
            (receipts.is_delivery_complete and receipts.received_quantity <> order_lines.ordered_quantity)
            or receipts.received_quantity > order_lines.ordered_quantity
        )
),

used_units as (
    select purchase_order_line_key, order_uom_code as uom_code from differing
    union
    select receipt_lines.purchase_order_line_key, receipt_lines.uom_code
    from receipt_lines
    inner join differing on receipt_lines.purchase_order_line_key = differing.purchase_order_line_key
    where receipt_lines.uom_code is not null
),

-- What the unit is worth now, to the system of record: the factor of the order line or the one expected of the receipt.
current_factors as (
    select purchase_order_line_key, order_uom_code as uom_code, unit_factor as factor
    from order_lines
    where unit_factor is not null
    union
    select purchase_order_line_key, uom_code, record_factor as factor
    from receipt_lines
    where record_factor is not null
),

known_factors as (
    select
        used_units.purchase_order_line_key,
        current_factors.factor as current_factor,
        item_units.factor as other_factor,
        item_units.ladder_level
    from used_units
    inner join differing on used_units.purchase_order_line_key = differing.purchase_order_line_key
    inner join current_factors
        on
            used_units.purchase_order_line_key = current_factors.purchase_order_line_key
            and used_units.uom_code = current_factors.uom_code
    inner join item_units
        on
            differing.item_key = item_units.item_key
            and used_units.uom_code = item_units.uom_code
            and (item_units.supplier_key is null or item_units.supplier_key = differing.supplier_key)
    where item_units.factor <> current_factors.factor
),

-- Each hypothesis: received / ordered = expected_numerator / expected_denominator.
hypotheses as (
    select
        purchase_order_line_key,
        case when ladder_level = 3 then 'UOM_OLD_FACTOR' else 'SUPPLIER_PACK' end as cause_code,
        other_factor as expected_numerator,
        current_factor as expected_denominator
    from known_factors
    union all
    select purchase_order_line_key, 'ENTERED_IN_EACH' as cause_code, 1 as expected_numerator, factor as expected_denominator
    from current_factors
    where factor <> 1
    union all
    select purchase_order_line_key, 'ENTERED_IN_PACK' as cause_code, factor as expected_numerator, 1 as expected_denominator
    from current_factors
    where factor <> 1
    union all
    select purchase_order_line_key, 'SIGN' as cause_code, -1 as expected_numerator, 1 as expected_denominator
    from differing
    union all
    select receipt_lines.purchase_order_line_key, 'DUPLICATE_RECEIPT' as cause_code, 2 as expected_numerator, 1 as expected_denominator
    from receipt_lines
    group by
        receipt_lines.purchase_order_line_key,
        receipt_lines.receipt_date,
        receipt_lines.uom_code,
        receipt_lines.quantity
    having count(*) = 2
),

fitting as (
    select
        differing.purchase_order_line_key,
        hypotheses.cause_code
    from differing
    inner join hypotheses on differing.purchase_order_line_key = hypotheses.purchase_order_line_key
    where
        abs(
            {{ product('differing.received_quantity', 'hypotheses.expected_denominator') }}
            - {{ product('differing.ordered_quantity', 'hypotheses.expected_numerator') }}
        ) <= {{ product('abs(differing.ordered_quantity)', '0.000001') }}
    group by differing.purchase_order_line_key, hypotheses.cause_code
),

counted as (
    select
        purchase_order_line_key,
        count(*) as cause_count,
        min(cause_code) as cause_code
    from fitting
    group by purchase_order_line_key
),

final as (
    select
        differing.purchase_order_line_key,
        case when counted.cause_count = 1 then counted.cause_code else 'UNEXPLAINED' end as cause_code,
        case when counted.cause_count = 1 then {{ divide('differing.ordered_quantity', 'differing.received_quantity', 6) }} end
            as cause_ratio,
        case when counted.cause_count = 1 then differing.ordered_quantity end as proposed_quantity
    from differing
    left join counted on differing.purchase_order_line_key = counted.purchase_order_line_key
)

select * from final
