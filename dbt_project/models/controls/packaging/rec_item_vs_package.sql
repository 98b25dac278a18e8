-- One row per item of an instance that tells packages: whether its packages say how many base units they hold.
with

items as (select * from {{ ref('can_item') }} where not is_deleted),
packages as (select * from {{ ref('dim_item_package') }}),

telling as (
    select source_instance from packages
    group by source_instance
),

counted as (
    select
        items.source_instance,
        items.native_id as item_id,
        count(packages.contained_gtin) as packages,
        sum(case when packages.package_status = 'RESOLVED' then 1 else 0 end) as resolved_packages,
        sum(case when packages.gtin_verdict = 'CHECK_DIGIT' then 1 else 0 end) as invalid_numbers,
        sum(case when packages.is_shared then 1 else 0 end) as shared_numbers,
        max(packages.package_level) as deepest_level
    from items
    inner join telling on items.source_instance = telling.source_instance
    left join packages
        on items.source_instance = packages.source_instance and items.native_id = packages.item_id
    group by items.source_instance, items.native_id
),

final as (
    select
        *,
        case
            when packages = 0 then 'NO_PACKAGE_LEVEL'
            when resolved_packages = packages then 'RESOLVED'
            else 'UNRESOLVED'
        end as packaging_status
    from counted
)

select * from final
