-- One row per code, owner, legal entity and cause with open findings, those of the baseline apart: how many, how much, since when (domain_rules 3.17).
with

findings as (
    select
        *,
        baselined_on is not null as is_baselined
    from {{ ref('exc_exception') }}
    where status = 'OPEN'
),
run as (select * from {{ ref('dim_run') }}),

-- The finding with the most at risk stands for its group.
ranked as (
    select
        findings.*,
        row_number() over (
            partition by code, owner_role, legal_entity_code, cause_code, is_baselined
            order by abs(amount_at_risk) desc nulls last, first_seen_at, exception_id
        ) as place
    from findings
),

grouped as (
    select
        code,
        owner_role,
        legal_entity_code,
        cause_code,
        is_baselined,
        max(severity) as severity,
        max(channel) as channel,
        max(escalate_to) as escalate_to,
        max(other_names) as other_names,
        min(sla_hours) as sla_hours,
        count(*) as finding_count,
        count(case when ranked.first_seen_on = run.as_of then 1 end) as new_count,
        {{ money('sum(coalesce(amount_at_risk, 0))') }} as amount_at_risk,
        min(first_seen_at) as oldest_seen_at,
        max(case when place = 1 then exception_id end) as exception_id,
        max(case when place = 1 then business_key end) as business_key,
        max(case when place = 1 then trace_id end) as trace_id,
        max(last_seen_at) as last_seen_at
    from ranked
    cross join run
    group by code, owner_role, legal_entity_code, cause_code, is_baselined
),

final as (
    select
        {{ concord_key(['grouped.code', 'grouped.owner_role', 'grouped.legal_entity_code', 'grouped.cause_code',
            'grouped.is_baselined']) }} as alert_key,
        grouped.code,
        grouped.severity,
        grouped.cause_code,
        grouped.legal_entity_code,
        grouped.owner_role,
        grouped.channel,
        grouped.sla_hours,
        grouped.escalate_to,
        grouped.is_baselined,
        grouped.finding_count,
        grouped.new_count,
        grouped.amount_at_risk,
        grouped.oldest_seen_at,
        -- Nobody owes an answer in hours about what was there on the first day.
        not grouped.is_baselined and coalesce(
            {{ seconds_between('grouped.oldest_seen_at', 'grouped.last_seen_at') }} > grouped.sla_hours * 3600, false
        ) as is_sla_breached,
        grouped.exception_id,
        grouped.business_key,
        grouped.trace_id,
        grouped.other_names
    from grouped
)

select * from final
