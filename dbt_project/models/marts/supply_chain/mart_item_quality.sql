-- One row per item record: how it came to its golden item, what it lacks, and what is wrong or open about it.
with

records as (select * from {{ ref('dim_item_record') }}),
packages as (select * from {{ ref('rec_item_vs_package') }}),
pairs as (select * from {{ ref('bridge_item_x_item') }}),
documents as (select * from {{ ref('rec_document_vs_item_unit') }}),
exceptions as (select * from {{ ref('exc_exception') }} where entity_type = 'item' and status = 'OPEN'),

questioned as (
    select
        item_key,
        count(*) as candidate_count
    from (
        select item_key, pair_key from pairs
        union all
        select other_item_key as item_key, pair_key from pairs
    ) as sides
    group by item_key
),

drifting as (
    select
        source_instance,
        item_id,
        count(distinct subject_key) as drift_count,
        sum(case when coalesce(restated_quantity, 0) <> 0 then 1 else 0 end) as misread_document_count
    from documents
    group by source_instance, item_id
),

found as (
    select
        source_instance,
        native_id,
        {{ joined('code', 'code') }} as open_codes
    from exceptions
    group by source_instance, native_id
),

final as (
    select
        records.source_instance,
        records.native_id,
        records.item_key,
        records.link_method,
        records.item_number,
        records.description,
        records.manufacturer_name,
        records.manufacturer_part_number,
        records.identifier,
        records.unspsc_code,
        records.is_active,
        records.identifier is not null as has_identifier,
        records.has_part_number,
        records.is_part_number_damaged,
        records.unspsc_code is not null as has_commodity_code,
        coalesce(packages.packaging_status, 'NOT_TOLD') as packaging_status,
        cast(coalesce(packages.packages - packages.resolved_packages, 0) as bigint) as unresolved_package_count,
        cast(coalesce(packages.shared_numbers, 0) as bigint) as shared_number_count,
        coalesce(questioned.candidate_count, 0) as candidate_count,
        coalesce(drifting.drift_count, 0) as drift_count,
        cast(coalesce(drifting.misread_document_count, 0) as bigint) as misread_document_count,
        coalesce(found.open_codes, '') as open_codes,
        not records.is_part_number_damaged
        and found.open_codes is null
        and coalesce(packages.packaging_status, '') <> 'UNRESOLVED'
        and coalesce(packages.shared_numbers, 0) = 0
        and questioned.candidate_count is null
        and drifting.drift_count is null
        and (records.identifier is not null or records.has_part_number) as is_clean
    from records
    left join packages
        on records.source_instance = packages.source_instance and records.native_id = packages.item_id
    left join questioned on records.item_key = questioned.item_key
    left join drifting on records.source_instance = drifting.source_instance and records.native_id = drifting.item_id
    left join found on records.source_instance = found.source_instance and records.native_id = found.native_id
)

select * from final
