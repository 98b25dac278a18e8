-- One row per receipt transaction line, signed.
{{ config(materialized='table') }}
with

inventory as (select * from {{ ref('stg_inventory__receipt') }}),
erp_cloud as (select * from {{ ref('stg_erp_cloud__material_document_item') }}),
erp_legacy as (select * from {{ ref('stg_erp_legacy__recv_ln_ship') }}),
feed as (select * from {{ ref('stg_feed__receipt_line') }}),

final as (
    {{ canonical_rows('inventory', missing=[
        'po_line_id', 'base_factor', 'serial', 'ownership', 'is_synthetic',
    ]) }}
    union all
    {{ canonical_rows('erp_cloud', missing=[
        'original_receipt_line_id', 'base_factor', 'lot', 'serial', 'ownership', 'is_synthetic',
        'is_credit_expected',
    ]) }}
    union all
    {{ canonical_rows('erp_legacy', missing=[
        'original_receipt_line_id', 'base_factor', 'lot', 'serial', 'ownership', 'is_synthetic',
        'is_credit_expected', 'facility_id',
    ]) }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final
