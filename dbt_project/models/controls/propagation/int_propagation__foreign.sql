-- One row per foreign golden supplier that shows neither a tax id of ours nor, on the day that is judged, a W-8 (domain_rules 3.6.7).
with

suppliers as (select * from {{ ref('dim_supplier') }} where tax_country <> 'US'),
records as (select * from {{ ref('dim_supplier_record') }} where valid_tax_id is not null),
certificates as (select * from {{ ref('dim_supplier_certificate') }} where certificate_type like 'W8%'),
run as (select * from {{ ref('stg_landscape__run') }}),

identified as (
    select supplier_key
    from records
    union distinct
    select certificates.supplier_key
    from certificates
    inner join run on {{ in_interval('run.as_of', 'certificates.valid_from', 'certificates.valid_to') }}
),

final as (
    select suppliers.supplier_key
    from suppliers
    left join identified on suppliers.supplier_key = identified.supplier_key
    where identified.supplier_key is null
)

select * from final
