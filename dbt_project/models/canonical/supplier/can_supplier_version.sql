-- One row per version of a supplier record of one system: the attributes that other systems copy, and since when it says so.
with

{% for system, entity in [
    ('procurement', 'supplier'), ('apauto', 'vendor'), ('erp_cloud', 'supplier'), ('erp_legacy', 'vendor'),
    ('feed', 'supplier'),
] -%}
{{ system }} as (
    select
        '{{ system }}' as source_system,
        versions.*
    from {{ ref('stg_' ~ system ~ '__' ~ entity ~ '_version') }} as versions
),

{% endfor -%}
final as (
    select * from procurement
    union all
    select * from apauto
    union all
    select * from erp_cloud
    union all
    select * from erp_legacy
    union all
    select * from feed
)

select * from final
