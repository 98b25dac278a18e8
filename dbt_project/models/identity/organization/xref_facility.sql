-- One row per facility record: the facility it means; equal codes are one facility in every system.
with

records as (select * from {{ ref('can_facility') }}),

final as (
    select
        source_instance,
        native_id,
        {{ concord_key(["'facility'", 'upper(trim(facility_code))']) }} as facility_key,
        'CODE' as link_method
    from records
)

select * from final
