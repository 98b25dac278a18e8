-- One row per use of an item in a case.
with

inventory as (select * from {{ ref('stg_inventory__usage') }}),
feed as (select * from {{ ref('stg_feed__usage_event') }}),

final as (
    {{ canonical_rows('inventory', missing=['po_line_id']) }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final
