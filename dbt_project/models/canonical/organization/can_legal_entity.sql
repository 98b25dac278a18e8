-- One row per legal entity and interval.
with

erp_cloud as (select * from {{ ref('stg_erp_cloud__company_code') }}),
feed as (select * from {{ ref('stg_feed__legal_entity') }}),

final as (
    {{ canonical_rows('erp_cloud', missing=['tax_id', 'valid_from', 'valid_to']) }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final
