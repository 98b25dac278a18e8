-- One row per item record or numbered package and thing wrong with its identifier or its commodity code (domain_rules 3.6.1).
with

items as (select * from {{ ref('can_item') }} where not is_deleted),
packages as (select * from {{ ref('can_item_package') }} where not is_deleted),
codes as (select * from {{ ref('exception_code') }}),

-- An item's own number is told with the item.
numbered as (
    select
        'item' as entity_type,
        source_instance,
        native_id,
        coalesce(item_number, native_id) as business_key,
        description,
        gtin as value,
        {{ identifier_fault('gtin') }} as cause_code
    from items
    union all
    select
        'item_package' as entity_type,
        packages.source_instance,
        packages.native_id,
        coalesce(items.item_number, packages.item_id) || '|' || packages.gtin as business_key,
        items.description,
        packages.gtin as value,
        {{ identifier_fault('packages.gtin') }} as cause_code
    from packages
    left join items on packages.source_instance = items.source_instance and packages.item_id = items.native_id
    where coalesce(packages.gtin <> items.gtin, true)
),

{% set unspsc = replace_pattern("coalesce(items.unspsc_code, '')", '[ .-]', '') %}
classified as (
    select
        items.source_instance,
        items.native_id,
        coalesce(items.item_number, items.native_id) as business_key,
        items.description,
        items.unspsc_code as value,
        case
            when {{ extracted(unspsc, '^([0-9]{8}|[0-9]{10})$') }} = '' then 'LENGTH'
            when not {{ has_unspsc_segment(unspsc) }} then 'SEGMENT'
        end as cause_code
    from items
    where {{ unspsc }} <> ''
),

found as (
    select
        entity_type,
        source_instance,
        native_id,
        business_key,
        description,
        value,
        cause_code,
        case when cause_code = 'LABELER' then 'LIC_FORMAT' else 'GTIN_INVALID' end as code
    from numbered
    where cause_code is not null
    union all
    select
        'item' as entity_type,
        source_instance,
        native_id,
        business_key,
        description,
        value,
        cause_code,
        'UNSPSC_INVALID' as code
    from classified
    where cause_code is not null
),

final as (
    select
        found.entity_type,
        found.source_instance,
        found.native_id,
        found.code,
        found.business_key,
        cast(null as string) as legal_entity_code,
        cast(null as string) as supplier_key,
        cast(null as string) as facility_code,
        cast(null as string) as purchase_order_line_key,
        cast(null as string) as invoice_key,
        cast(null as decimal(18, 2)) as amount_at_risk,
        cast(null as decimal(18, 6)) as quantity_at_risk,
        found.cause_code,
        cast(null as decimal(18, 6)) as cause_ratio,
        cast(null as decimal(18, 6)) as proposed_quantity,
        codes.severity,
        {{ json_object({
            'words': 'codes.words',
            'value': 'found.value',
            'description': 'found.description',
        }) }} as evidence
    from found
    inner join codes on found.code = codes.code
)

select * from final
