-- One row per domain and attribute group: how much its agreement matters and how soon a copy has to agree.
with

source_rows as (select * from {{ source('raw_landscape', 'sync_policy') }}),

final as (
    select
        lower(domain) as domain,
        lower(attribute_group) as attribute_group,
        upper(criticality) as criticality,
        upper(mode) as mode,
        fresh_within_hours,
        upper(gate_severity) as gate_severity,
        owner_role
    from source_rows
)

select * from final
