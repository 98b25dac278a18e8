-- One row per month of order and facility: lines whose chain is intact among all (K14, domain_rules 3.16).
with

traces as (select * from {{ ref('mart_p2p_trace') }}),
breaks as (
    select trace_id
    from {{ ref('exc_exception') }}
    where status = 'OPEN' and {{ recon_of('code') }} is not null
    group by trace_id
),

-- Intact: the four states go together, and no copy of a document of the line lacks or says something else.
final as (
    select
        'K14' as kpi_code,
        substr(cast(traces.ordered_date as string), 1, 7) as period_code,
        coalesce(traces.facility_code, 'UNKNOWN') as facility_code,
        cast(
            sum(case when traces.state_verdict = 'ALIGNED' and breaks.trace_id is null then 1 else 0 end)
            as decimal(18, 2)
        ) as numerator,
        cast(count(*) as decimal(18, 2)) as denominator
    from traces
    left join breaks on traces.trace_id = breaks.trace_id
    where traces.ordered_date is not null
    group by substr(cast(traces.ordered_date as string), 1, 7), coalesce(traces.facility_code, 'UNKNOWN')
)

select * from final
