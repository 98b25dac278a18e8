-- One row per code and entity scope that the landscape routes: the most specific pattern says who owns it and how soon (domain_rules 3.17).
with

codes as (select * from {{ ref('exception_code') }}),
routes as (select * from {{ ref('stg_landscape__route') }}),

fitting as (
    select
        codes.code,
        routes.entity_scope,
        routes.owner_role,
        routes.channel,
        routes.sla_hours,
        routes.escalate_to,
        row_number() over (
            partition by codes.code, routes.entity_scope
            order by
                case when codes.code = routes.code_pattern then 1 else 2 end,
                length(routes.code_pattern) desc nulls last,
                routes.owner_role
        ) as preference
    from codes
    inner join routes
        on
            codes.code = routes.code_pattern
            or (
                substr(routes.code_pattern, length(routes.code_pattern), 1) = '*'
                and substr(codes.code, 1, length(routes.code_pattern) - 1)
                = substr(routes.code_pattern, 1, length(routes.code_pattern) - 1)
            )
),

final as (
    select
        code,
        entity_scope,
        owner_role,
        channel,
        sla_hours,
        escalate_to
    from fitting
    where preference = 1
)

select * from final
