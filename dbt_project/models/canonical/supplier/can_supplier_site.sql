-- One row per address or use of a supplier record.
with

procurement as (select * from {{ ref('stg_procurement__supplier_site') }}),
apauto as (select * from {{ ref('stg_apauto__vendor_remit_to') }}),
erp_cloud as (select * from {{ ref('stg_erp_cloud__supplier_site') }}),
feed as (select * from {{ ref('stg_feed__supplier_site') }}),

final as (
    {{ canonical_rows('procurement', missing=['name', 'line2', 'phone', 'email']) }}
    union all
    {{ canonical_rows('apauto', missing=['name', 'line2', 'phone', 'email']) }}
    union all
    {{ canonical_rows('erp_cloud', missing=['name', 'line2']) }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final
