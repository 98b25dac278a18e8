-- One row per transaction set that a functional acknowledgement (997) answers, or group where it names no set.
with

distributor as (select * from {{ ref('stg_distributor__functional_acknowledgement') }}),

final as (
    {{ canonical_rows('distributor') }}
)

select * from final
