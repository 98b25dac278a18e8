-- One row per version of a supplier's bank account.
with

erp_cloud as (select * from {{ ref('stg_erp_cloud__supplier_bank') }}),
feed as (select * from {{ ref('stg_feed__supplier_bank_account') }}),

final as (
    {{ canonical_rows('erp_cloud', missing=['site_id', 'changed_by', 'changed_at']) }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final
