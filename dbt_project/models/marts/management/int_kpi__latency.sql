-- One row per latency KPI, month of approval and facility: hours from PO approval to first and last receipt, and the lines measured (K6).
with

latencies as (select * from {{ ref('mart_po_receipt_latency') }} where first_receipt_hours is not null),

measured as (
    select
        substr(cast(approved_at as string), 1, 7) as period_code,
        coalesce(facility_code, 'UNKNOWN') as facility_code,
        count(*) as line_count,
        sum(first_receipt_hours) as first_hours,
        sum(last_receipt_hours) as last_hours,
        {{ percentile('first_receipt_hours', 0.5) }} as first_p50,
        {{ percentile('first_receipt_hours', 0.9) }} as first_p90,
        {{ percentile('last_receipt_hours', 0.5) }} as last_p50,
        {{ percentile('last_receipt_hours', 0.9) }} as last_p90
    from latencies
    group by substr(cast(approved_at as string), 1, 7), coalesce(facility_code, 'UNKNOWN')
),

final as (
    {%- for code, numerator, denominator in [
        ('K6_FIRST_MEAN', 'first_hours', 'line_count'), ('K6_LAST_MEAN', 'last_hours', 'line_count'),
        ('K6_FIRST_P50', 'first_p50', '1'), ('K6_FIRST_P90', 'first_p90', '1'),
        ('K6_LAST_P50', 'last_p50', '1'), ('K6_LAST_P90', 'last_p90', '1')] %}
    select
        '{{ code }}' as kpi_code,
        period_code,
        facility_code,
        cast({{ numerator }} as decimal(18, 2)) as numerator,
        cast({{ denominator }} as decimal(18, 2)) as denominator
    from measured
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from final
