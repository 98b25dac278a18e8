-- One row per cycle KPI, month and facility: hours until a receipt is copied (K7), days from approval to payment and their legs (K12).
with

copies as (select * from {{ ref('rec_receipt_line_vs_copy_time') }}),
legs as (select * from {{ ref('int_kpi__payment_leg') }}),

copied as (
    select
        substr(cast(recorded_at as string), 1, 7) as period_code,
        coalesce(facility_code, 'UNKNOWN') as facility_code,
        sum(copy_hours) as copy_hours,
        {{ percentile('copy_hours', 0.5) }} as copy_p50,
        {{ percentile('copy_hours', 0.9) }} as copy_p90,
        count(*) as copy_count
    from copies
    group by substr(cast(recorded_at as string), 1, 7), coalesce(facility_code, 'UNKNOWN')
),

-- A leg counts the lines that have it: services have none of receipt.
paid as (
    select
        period_code,
        facility_code,
        {%- for leg in ['send', 'ack', 'receive', 'invoice', 'match', 'pay'] %}
        coalesce(sum({{ leg }}_days), 0) as {{ leg }}_days,
        count({{ leg }}_days) as {{ leg }}_count,
        {%- endfor %}
        sum(cycle_days) as cycle_days,
        count(*) as cycle_count
    from legs
    group by period_code, facility_code
),

final as (
    {%- for code, relation, numerator, denominator in [
        ('K7_MEAN', 'copied', 'copy_hours', 'copy_count'),
        ('K7_P50', 'copied', 'copy_p50', '1'),
        ('K7_P90', 'copied', 'copy_p90', '1'),
        ('K12', 'paid', 'cycle_days', 'cycle_count'),
        ('K12_SEND', 'paid', 'send_days', 'send_count'),
        ('K12_ACK', 'paid', 'ack_days', 'ack_count'),
        ('K12_RECEIVE', 'paid', 'receive_days', 'receive_count'),
        ('K12_INVOICE', 'paid', 'invoice_days', 'invoice_count'),
        ('K12_MATCH', 'paid', 'match_days', 'match_count'),
        ('K12_PAY', 'paid', 'pay_days', 'pay_count'),
    ] %}
    select
        '{{ code }}' as kpi_code,
        period_code,
        facility_code,
        cast({{ numerator }} as decimal(18, 2)) as numerator,
        cast({{ denominator }} as decimal(18, 2)) as denominator
    from {{ relation }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from final
