-- One row per cost center record: the cost center it means; equal codes are one cost center in every system.
with

records as (select * from {{ ref('can_cost_center') }}),

final as (
    select
        source_instance,
        native_id,
        {{ concord_key(["'cost_center'", 'upper(trim(cost_center_code))']) }} as cost_center_key,
        'CODE' as link_method
    from records
)

select * from final
