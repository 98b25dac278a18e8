-- One row per purchase order of one system.
{{ config(materialized='table') }}
with

procurement as (select * from {{ ref('stg_procurement__purchase_order') }}),
erp_cloud as (select * from {{ ref('stg_erp_cloud__purchase_order') }}),
erp_legacy as (select * from {{ ref('stg_erp_legacy__po_hdr') }}),
feed as (select * from {{ ref('stg_feed__purchase_order') }}),

final as (
    {{ canonical_rows('procurement', missing=[
        'site_id', 'acknowledged_at', 'contract_id', 'limit_amount', 'valid_from', 'valid_to',
    ]) }}
    union all
    {{ canonical_rows('erp_cloud', missing=[
        'po_type', 'site_id', 'approved_at', 'sent_at', 'acknowledged_at', 'closed_at', 'cancelled_at',
        'version', 'payment_term_code', 'freight_terms', 'planned_freight_amount', 'contract_id',
        'limit_amount', 'valid_from', 'valid_to',
    ]) }}
    union all
    {{ canonical_rows('erp_legacy', missing=[
        'po_type', 'site_id', 'approved_at', 'sent_at', 'acknowledged_at', 'closed_at', 'cancelled_at',
        'version', 'payment_term_code', 'freight_terms', 'planned_freight_amount', 'contract_id',
        'limit_amount', 'valid_from', 'valid_to',
    ]) }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final
