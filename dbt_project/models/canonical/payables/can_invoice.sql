-- One row per invoice or credit, signed.
{{ config(materialized='table') }}
with

apauto as (select * from {{ ref('stg_apauto__invoice') }}),
uk_spend as (select * from {{ ref('stg_uk_spend__invoice') }}),
feed as (select * from {{ ref('stg_feed__invoice') }}),

final as (
    {{ canonical_rows('apauto', missing=['site_id']) }}
    union all
    {{ canonical_rows('uk_spend', missing=[
        'site_id', 'received_at', 'tax_amount', 'freight_amount', 'payment_term_code', 'po_number',
        'original_invoice_id', 'credit_kind', 'voided_at', 'payment_channel', 'document_hash',
    ]) }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final
