-- One row per item number that means one golden item: how sources without items of their own name them.
with

items as (select * from {{ ref('can_item') }} where not is_deleted),
item_keys as (select * from {{ ref('xref_item') }}),

final as (
    select
        items.item_number,
        min(item_keys.item_key) as item_key
    from items
    inner join item_keys
        on items.source_instance = item_keys.source_instance and items.native_id = item_keys.native_id
    where items.item_number is not null
    group by items.item_number
    having min(item_keys.item_key) = max(item_keys.item_key)
)

select * from final
