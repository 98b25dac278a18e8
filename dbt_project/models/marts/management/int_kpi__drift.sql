-- One row per reconciliation of copies and month: the median of days from the run that first told a break to the one that no longer did (K20).
with

resolved as (
    select
        {{ recon_of('code') }} as recon,
        substr(cast(last_seen_at as string), 1, 7) as period_code,
        {{ divide(seconds_between('first_seen_at', 'last_seen_at'), '86400', 2) }} as open_days
    from {{ ref('exc_exception') }}
    where status <> 'OPEN'
),

final as (
    select
        'K20_' || replace(recon, '-', '') || '_P50' as kpi_code,
        period_code,
        'UNKNOWN' as facility_code,
        cast({{ percentile('open_days', 0.5) }} as decimal(18, 2)) as numerator,
        cast(1 as decimal(18, 2)) as denominator
    from resolved
    where recon is not null
    group by recon, period_code
)

select * from final
