-- One row per item record: the golden item it belongs to, by item number, else by GTIN.
with

items as (select * from {{ ref('can_item') }}),

identified as (
    select
        item_key as record_key,
        source_instance,
        native_id,
        upper(trim(item_number)) as item_number,
        case
            when length(gtin) in (8, 12, 13, 14) and try_cast(gtin as bigint) is not null then lpad(gtin, 14, '0')
        end as gtin
    from items
),

-- A number that an instance gave twice says nothing about other instances.
numbered as (
    select
        identified.*,
        case
            when
                item_number is not null
                and count(*) over (partition by source_instance, item_number) = 1
                then item_number
            else concat('record ', record_key)
        end as shared_number
    from identified
),

-- Two GTINs under one number are two items.
typed as (
    select
        numbered.*,
        case
            when
                min(gtin) over (partition by shared_number) <> max(gtin) over (partition by shared_number)
                then coalesce(gtin, 'none')
            else 'any'
        end as number_gtin
    from numbered
),

clustered as (
    select
        typed.*,
        first_value(record_key) over (
            partition by shared_number, number_gtin order by source_instance nulls last, native_id nulls last
        ) as number_key,
        max(gtin) over (partition by shared_number, number_gtin) as cluster_gtin
    from typed
),

counted as (
    select
        clustered.*,
        count(*) over (partition by cluster_gtin, source_instance) as same_gtin_count
    from clustered
),

-- A GTIN joins numbers only where no instance carries it twice.
joined as (
    select
        counted.*,
        case
            when cluster_gtin is null or max(same_gtin_count) over (partition by cluster_gtin) > 1 then number_key
            else
                first_value(number_key) over (
                    partition by cluster_gtin order by source_instance nulls last, native_id nulls last
                )
        end as item_key
    from counted
),

final as (
    select
        source_instance,
        native_id,
        item_key,
        case
            when record_key = item_key then 'SELF'
            when number_key = item_key then 'ITEM_NUMBER'
            else 'GTIN'
        end as link_method
    from joined
)

select * from final
