-- One row per PO line and offer for its item: by item, by manufacturer part where the seller has no such item, by GTIN where he has neither (domain_rules 3.8, step 1).
with

subjects as (select * from {{ ref('int_contract_price__subject') }}),
offers as (select * from {{ ref('int_contract_price__offer') }}),

met as (
    {%- set is_other_item = 'coalesce(subjects.item_key <> offers.item_key, true)' %}
    {%- set is_part = "subjects.manufacturer_part = offers.manufacturer_part and subjects.manufacturer_part <> ''" %}
    {%- for rung, condition in [
        ('ITEM', 'subjects.item_key = offers.item_key'),
        ('PART', is_part ~ ' and ' ~ is_other_item),
        ('GTIN', 'subjects.gtin_14 = offers.gtin and ' ~ is_other_item ~ ' and not coalesce(' ~ is_part ~ ', false)')
    ] %}
    select
        subjects.purchase_order_line_key,
        offers.offer_key,
        offers.seller_key,
        offers.is_list,
        '{{ rung }}' as met_by,
        {{ loop.index }} as rung,
        case offers.price_basis
            when 'SHIP' then subjects.shipped_on
            when 'INVOICE' then subjects.invoiced_on
            else subjects.ordered_date
        end as priced_on
    from subjects
    inner join offers on {{ condition }}
    where
        (offers.currency_code is null or offers.currency_code = subjects.currency_code)
        and (offers.offer_scope is null or offers.offer_scope = subjects.legal_entity_code)
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

by_number as (select purchase_order_line_key from met where met_by <> 'ITEM' group by purchase_order_line_key),

-- The list says nothing about what was agreed.
agreed as (
    select
        met.purchase_order_line_key,
        met.seller_key,
        min(met.rung) as rung
    from met
    inner join by_number on met.purchase_order_line_key = by_number.purchase_order_line_key
    where not met.is_list
    group by met.purchase_order_line_key, met.seller_key
),

final as (
    select
        met.purchase_order_line_key,
        met.offer_key,
        met.met_by,
        met.priced_on
    from met
    left join agreed
        on
            met.purchase_order_line_key = agreed.purchase_order_line_key
            and met.seller_key is not distinct from agreed.seller_key
            and met.rung > agreed.rung
    where agreed.purchase_order_line_key is null or (met.is_list and met.met_by = 'PART')
)

select * from final
