-- One row per code pattern and entity scope: who is told, how and how soon (domain rules 3.17).
with

source_rows as (select * from {{ source('raw_landscape', 'route') }}),

final as (
    select
        upper(code_pattern) as code_pattern,
        entity_scope,
        owner_role,
        channel,
        sla_hours,
        escalate_to
    from source_rows
)

select * from final
