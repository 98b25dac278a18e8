-- One row per supplier record of one system.
{{ config(materialized='table') }}
with

procurement as (select * from {{ ref('stg_procurement__supplier') }}),
apauto as (select * from {{ ref('stg_apauto__vendor') }}),
erp_cloud as (select * from {{ ref('stg_erp_cloud__supplier') }}),
erp_legacy as (select * from {{ ref('stg_erp_legacy__vendor') }}),
uk_spend as (select * from {{ ref('stg_uk_spend__supplier') }}),
feed as (select * from {{ ref('stg_feed__supplier') }}),

final as (
    {{ canonical_rows('procurement', missing=[
        'tax_id_type', 'tax_country', 'uei', 'diversity_codes', 'parent_supplier_id', 'contract_ids',
    ]) }}
    union all
    {{ canonical_rows('apauto', missing=[
        'dba_name', 'tax_id_type', 'tax_country', 'duns', 'uei', 'npi', 'lei', 'payment_method', 'is_1099',
        'box_1099', 'w9_date', 'diversity_codes', 'parent_supplier_id', 'contract_ids', 'updated_by',
    ]) }}
    union all
    {{ canonical_rows('erp_cloud', missing=[
        'tax_country', 'uei', 'npi', 'lei', 'payment_method', 'is_1099', 'box_1099', 'w9_date',
        'diversity_codes', 'parent_supplier_id', 'contract_ids', 'updated_by',
    ]) }}
    union all
    {{ canonical_rows('erp_legacy', missing=[
        'dba_name', 'tax_id_type', 'tax_country', 'uei', 'npi', 'lei', 'payment_method', 'box_1099',
        'w9_date', 'diversity_codes', 'parent_supplier_id', 'contract_ids', 'updated_by',
    ]) }}
    union all
    {{ canonical_rows('uk_spend', missing=[
        'dba_name', 'tax_id', 'tax_id_type', 'tax_country', 'duns', 'uei', 'npi', 'lei', 'payment_term_code',
        'payment_method', 'is_1099', 'box_1099', 'w9_date', 'diversity_codes', 'parent_supplier_id',
        'contract_ids', 'created_at', 'updated_at', 'updated_by',
    ]) }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final
