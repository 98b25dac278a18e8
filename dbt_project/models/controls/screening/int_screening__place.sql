-- One row per golden supplier and place where it is known to be, from the addresses of all its records.
with

records as (select * from {{ ref('dim_supplier_record') }}),
sites as (select * from {{ ref('can_supplier_site') }} where not is_deleted),

final as (
    select
        records.supplier_key,
        {{ plain_name('sites.city') }} as city,
        upper(sites.region) as region,
        substr({{ replace_pattern("coalesce(sites.postal_code, '')", '[^0-9]', '') }}, 1, 5) as zip
    from sites
    inner join records
        on sites.source_instance = records.source_instance and sites.supplier_id = records.native_id
    group by
        records.supplier_key,
        {{ plain_name('sites.city') }},
        upper(sites.region),
        substr({{ replace_pattern("coalesce(sites.postal_code, '')", '[^0-9]', '') }}, 1, 5)
)

select * from final
