-- One row per invoice or credit, signed.
{{ config(materialized='table') }}
with

apauto as (select * from {{ ref('stg_apauto__invoice') }}),
erp_cloud as (select * from {{ ref('stg_erp_cloud__supplier_invoice') }}),
erp_legacy as (select * from {{ ref('stg_erp_legacy__voucher') }}),
uk_spend as (select * from {{ ref('stg_uk_spend__invoice') }}),
feed as (select * from {{ ref('stg_feed__invoice') }}),

final as (
    {{ canonical_rows('apauto', missing=['site_id']) }}
    union all
    {{ canonical_rows('erp_cloud', missing=[
        'site_id', 'received_at', 'tax_amount', 'freight_amount', 'payment_term_code', 'po_number',
        'original_invoice_id', 'credit_kind', 'voided_at', 'document_hash',
    ]) }}
    union all
    {{ canonical_rows('erp_legacy', missing=[
        'site_id', 'received_at', 'tax_amount', 'freight_amount', 'payment_term_code', 'po_number',
        'original_invoice_id', 'credit_kind', 'voided_at', 'document_hash',
    ]) }}
    union all
    {{ canonical_rows('uk_spend', missing=[
        'site_id', 'received_at', 'tax_amount', 'freight_amount', 'payment_term_code', 'po_number',
        'original_invoice_id', 'credit_kind', 'voided_at', 'payment_channel', 'document_hash',
    ]) }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final
