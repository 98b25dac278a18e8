-- One row per retry KPI and month of the refusal: messages confirmed within three sends among those refused, median minutes until then (K19).
with

refusals as (select * from {{ ref('rec_message_vs_refusal') }} where refused_at is not null),

measured as (
    select
        substr(cast(refused_at as string), 1, 7) as period_code,
        count(*) as refused_count,
        sum(case when confirmed_at is not null and attempt_count <= 3 then 1 else 0 end) as recovered_count,
        {{ percentile('minutes_to_confirm', 0.5) }} as minutes_p50
    from refusals
    group by substr(cast(refused_at as string), 1, 7)
),

final as (
    {%- for code, numerator, denominator, condition in [
        ('K19', 'recovered_count', 'refused_count', 'true'),
        ('K19_P50', 'minutes_p50', '1', 'minutes_p50 is not null')] %}
    select
        '{{ code }}' as kpi_code,
        period_code,
        'UNKNOWN' as facility_code,
        cast({{ numerator }} as decimal(18, 2)) as numerator,
        cast({{ denominator }} as decimal(18, 2)) as denominator
    from measured
    where {{ condition }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
