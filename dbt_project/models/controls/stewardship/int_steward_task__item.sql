-- One row per two golden items that a person is asked about next: are they one item?
with

pairs as (select * from {{ ref('bridge_item_x_item') }} where is_next),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),

spent as (
    select
        item_key,
        sum({{ product('quantity', 'order_unit_price') }}) as amount,
        min(ordered_date) as first_date
    from order_lines
    where item_key is not null
    group by item_key
),

final as (
    select
        'ITEM_PAIR' as task_type,
        pairs.pair_key as subject_key,
        'Is item ' || coalesce(pairs.left_item_number, pairs.left_native_id) || ' of ' || pairs.left_source_instance
        || ' item ' || coalesce(pairs.right_item_number, pairs.right_native_id) || ' of '
        || pairs.right_source_instance || '?' as title,
        'item_master_steward' as owner_role,
        {{ money('least(coalesce(lefts.amount, 0), coalesce(rights.amount, 0))') }} as amount_at_risk,
        {{ json_object({
            'step': 'pairs.link_method',
            'why_not_joined': 'pairs.link_status',
            'left_instance': 'pairs.left_source_instance',
            'left_native_id': 'pairs.left_native_id',
            'left_description': 'pairs.left_description',
            'left_manufacturer': 'pairs.left_manufacturer_name',
            'left_part_number': 'pairs.left_manufacturer_part_number',
            'left_gtin': 'pairs.left_gtin',
            'right_instance': 'pairs.right_source_instance',
            'right_native_id': 'pairs.right_native_id',
            'right_description': 'pairs.right_description',
            'right_manufacturer': 'pairs.right_manufacturer_name',
            'right_part_number': 'pairs.right_manufacturer_part_number',
            'right_gtin': 'pairs.right_gtin',
            'first_document_date': 'cast(least(lefts.first_date, rights.first_date) as string)',
        }) }} as evidence,
        '{}' as proposal,
        'SAME,DISTINCT' as allowed_decisions,
        cast(null as string) as decision,
        cast(null as string) as decided_by,
        cast(null as timestamp) as decided_at,
        cast(null as string) as reason
    from pairs
    left join spent as lefts on pairs.item_key = lefts.item_key
    left join spent as rights on pairs.other_item_key = rights.item_key
)

select * from final
