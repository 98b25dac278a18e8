-- One row per journal line of one ledger.
{{ config(materialized='table') }}
with

erp_cloud as (select * from {{ ref('stg_erp_cloud__journal_entry_item') }}),
erp_legacy as (select * from {{ ref('stg_erp_legacy__jrnl_ln') }}),
feed as (select * from {{ ref('stg_feed__journal_line') }}),

final as (
    {{ canonical_rows('erp_cloud') }}
    union all
    {{ canonical_rows('erp_legacy', missing=['facility_id', 'reversal_of_journal_id', 'created_by']) }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final
