-- One row per item and number that one instance gives it or a package of it: base units in one, or why that is not known.
with

packages as (select * from {{ ref('int_item_package__content') }}),
item_keys as (select * from {{ ref('xref_item') }}),

claims as (
    select
        source_instance,
        gtin,
        count(*) as items
    from packages
    group by source_instance, gtin
),

contents as (
    select * from packages
    where contents = 1 and contained_quantity is not null and (base_gtin is null or gtin <> base_gtin)
),

{{ package_walk('walked', 'contents', 'contents') }},

judged as (
    select
        packages.*,
        walked.factor,
        walked.package_level,
        case
            when packages.contents = 0 and packages.gtin = packages.base_gtin then 'BASE'
            when packages.contents = 0 then 'OTHER_NUMBER'
            when packages.contents > 1 then 'CONTRADICTION'
            when packages.gtin = packages.base_gtin then 'BELOW_BASE'
            when packages.contained_quantity is null then 'NO_QUANTITY'
            when walked.is_moving then 'CYCLE'
            when walked.reached_gtin = packages.base_gtin and walked.factor is null then 'NO_QUANTITY'
            when walked.reached_gtin = packages.base_gtin then 'RESOLVED'
            when ends.gtin is not null then 'CONTENT_UNRESOLVED'
            else 'CONTENT_UNKNOWN'
        end as package_status
    from packages
    left join walked
        on
            packages.source_instance = walked.source_instance
            and packages.item_id = walked.item_id
            and packages.gtin = walked.gtin
    left join packages as ends
        on
            walked.source_instance = ends.source_instance
            and walked.item_id = ends.item_id
            and walked.reached_gtin = ends.gtin
),

final as (
    select
        judged.source_instance,
        judged.item_id,
        item_keys.item_key,
        judged.gtin,
        judged.identifier_type,
        judged.uom_code,
        judged.contained_gtin,
        judged.contained_quantity,
        judged.package_status,
        case judged.package_status when 'BASE' then 0 when 'RESOLVED' then judged.package_level end as package_level,
        case judged.package_status
            when 'BASE' then cast(1 as decimal(18, 8))
            when 'RESOLVED' then judged.factor
        end as factor,
        {{ gtin_verdict('judged.gtin') }} as gtin_verdict,
        claims.items > 1 as is_shared
    from judged
    inner join claims on judged.source_instance = claims.source_instance and judged.gtin = claims.gtin
    left join item_keys
        on judged.source_instance = item_keys.source_instance and judged.item_id = item_keys.native_id
)

select * from final
