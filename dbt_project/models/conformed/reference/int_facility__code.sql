-- One row per facility id of an instance: the code that everyone prints (a source may write ids of its own on its documents).
with

facilities as (select * from {{ ref('can_facility') }} where not is_deleted),

final as (
    select
        source_instance,
        facility_id,
        min(facility_code) as facility_code
    from facilities
    where facility_id is not null
    group by source_instance, facility_id
)

select * from final
