-- One row per PO line whose price is the contract's, stated for another unit or with another markup (domain_rules 3.8).
with

order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
choices as (select * from {{ ref('int_contract_price__choice') }}),
offers as (select * from {{ ref('int_contract_price__offer') }} where not is_list),
item_units as (select * from {{ ref('dim_item_unit') }}),

unequal as (
    select
        order_lines.purchase_order_line_key,
        order_lines.item_key,
        order_lines.supplier_key,
        order_lines.order_unit_price,
        order_lines.unit_factor,
        choices.contract_factor,
        choices.expected_order_price,
        choices.unmarked_order_price,
        choices.distributor_markup
    from order_lines
    inner join choices on order_lines.purchase_order_line_key = choices.purchase_order_line_key
    where not choices.is_equal and choices.expected_order_price is not null
),

-- What one of any unit of the item is or was worth to anybody.
factors as (
    select unequal.purchase_order_line_key, item_units.factor
    from unequal
    inner join item_units on unequal.item_key = item_units.item_key
    union all
    select purchase_order_line_key, cast(1 as decimal(18, 8)) as factor from unequal
    union all
    select purchase_order_line_key, unit_factor as factor from unequal
    union all
    select purchase_order_line_key, contract_factor as factor from unequal
),

markups as (
    select
        seller_key,
        markup
    from offers
    group by seller_key, markup
    union all
    select
        seller_key,
        0 as markup
    from offers
    group by seller_key
),

fitting as (
    select unequal.purchase_order_line_key, 1 as is_unit, 0 as is_markup
    from unequal
    inner join factors as taken on unequal.purchase_order_line_key = taken.purchase_order_line_key
    inner join factors as stated on unequal.purchase_order_line_key = stated.purchase_order_line_key
    where
        taken.factor <> stated.factor
        and {{ reproduces('unequal.order_unit_price',
            divide(product('unequal.expected_order_price', 'taken.factor'), 'stated.factor', 6),
            'unequal.unit_factor', 'unequal.unit_factor') }}
    union all
    select unequal.purchase_order_line_key, 0 as is_unit, 1 as is_markup
    from unequal
    inner join markups on unequal.supplier_key = markups.seller_key
    where
        markups.markup <> unequal.distributor_markup
        and {{ reproduces('unequal.order_unit_price',
            quantity(product('unequal.unmarked_order_price', '(1 + markups.markup)')),
            'unequal.unit_factor', 'unequal.contract_factor') }}
),

final as (
    select
        purchase_order_line_key,
        max(is_unit) = 1 as is_other_unit_price,
        max(is_markup) = 1 as is_other_markup_price
    from fitting
    group by purchase_order_line_key
)

select * from final
