-- One row per item record: the golden item it belongs to, by item number, else by GTIN.
with

items as (select * from {{ ref('can_item') }}),

identified as (
    select
        item_key as record_key,
        source_instance,
        native_id,
        upper(trim(item_number)) as item_number,
        {{ gtin_14('gtin') }} as gtin
    from items
),

-- A number that an instance gave twice says nothing about other instances.
numbered as (
    select
        identified.*,
        case
            when
                identified.item_number is not null
                and count(*) over (partition by identified.source_instance, identified.item_number) = 1
                then identified.item_number
            else 'record ' || identified.record_key
        end as shared_number
    from identified
),

-- Two GTINs under one number are two items.
typed as (
    select
        numbered.*,
        case
            when
                min(numbered.gtin) over (partition by numbered.shared_number)
                <> max(numbered.gtin) over (partition by numbered.shared_number)
                then coalesce(numbered.gtin, 'none')
            else 'any'
        end as number_gtin
    from numbered
),

clustered as (
    select
        typed.*,
        first_value(typed.record_key) over (
            partition by typed.shared_number, typed.number_gtin
            order by typed.source_instance nulls last, typed.native_id nulls last
        ) as number_key,
        max(typed.gtin) over (partition by typed.shared_number, typed.number_gtin) as cluster_gtin
    from typed
),

counted as (
    select
        clustered.*,
        count(*) over (partition by clustered.cluster_gtin, clustered.source_instance) as same_gtin_count
    from clustered
),

-- A GTIN joins numbers only where no instance carries it twice.
joined as (
    select
        counted.source_instance,
        counted.native_id,
        counted.record_key,
        counted.number_key,
        case
            when
                counted.cluster_gtin is null
                or max(counted.same_gtin_count) over (partition by counted.cluster_gtin) > 1
                then counted.number_key
            else
                first_value(counted.number_key) over (
                    partition by counted.cluster_gtin
                    order by counted.source_instance nulls last, counted.native_id nulls last
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
