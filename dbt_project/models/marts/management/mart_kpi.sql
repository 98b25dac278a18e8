-- One row per KPI, period and facility: numerator and denominator as facts, the value only for display (domain_rules 3.16).
with

measured as (
    select * from {{ ref('int_kpi__match') }}
    union all
    select * from {{ ref('int_kpi__latency') }}
    union all
    select * from {{ ref('int_kpi__spend') }}
    union all
    select * from {{ ref('int_kpi__contract') }}
    union all
    select * from {{ ref('int_kpi__cycle') }}
    union all
    select * from {{ ref('int_kpi__supplier') }}
    union all
    select * from {{ ref('int_kpi__derivation') }}
    union all
    select * from {{ ref('int_kpi__accrual') }}
    union all
    select * from {{ ref('int_kpi__close') }}
    union all
    select * from {{ ref('int_kpi__drift') }}
    union all
    select * from {{ ref('int_kpi__trace') }}
    union all
    select * from {{ ref('int_kpi__discount') }}
    union all
    select * from {{ ref('int_kpi__effort') }}
    union all
    select * from {{ ref('int_kpi__retry') }}
),

-- A spine of periods and facilities, so that a month without any shows zero and is not missing.
spine as (
    select
        kpis.kpi_code,
        periods.period_code,
        facilities.facility_code
    from (select kpi_code from measured group by kpi_code) as kpis
    cross join (select period_code from measured where period_code is not null group by period_code) as periods
    cross join (select facility_code from measured group by facility_code) as facilities
),

summed as (
    select
        kpi_code,
        period_code,
        facility_code,
        sum(numerator) as numerator,
        sum(denominator) as denominator
    from measured
    group by kpi_code, period_code, facility_code
),

final as (
    select
        {{ concord_key(['spine.kpi_code', 'spine.period_code', 'spine.facility_code']) }} as kpi_key,
        spine.kpi_code,
        spine.period_code,
        spine.facility_code,
        cast(coalesce(summed.numerator, 0) as decimal(18, 2)) as numerator,
        cast(coalesce(summed.denominator, 0) as decimal(18, 2)) as denominator,
        {{ divide('summed.numerator', 'summed.denominator', 4) }} as kpi_value
    from spine
    left join summed
        on
            spine.kpi_code = summed.kpi_code
            and spine.period_code = summed.period_code
            and spine.facility_code = summed.facility_code
)

select * from final
