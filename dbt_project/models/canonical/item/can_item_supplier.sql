-- One row per item and supplier that offers it.
with

procurement as (select * from {{ ref('stg_procurement__supplier_item') }}),
feed as (select * from {{ ref('stg_feed__item_supplier') }}),

final as (
    {{ canonical_rows('procurement') }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final
