-- One row per version ever known of a supplier's bank account: what the change control compares (domain_rules 3.6.6).
with

erp_cloud as (select * from {{ ref('stg_erp_cloud__supplier_bank_version') }}),
feed as (select * from {{ ref('stg_feed__supplier_bank_account_version') }}),

final as (
    {{ canonical_rows('erp_cloud') }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final
