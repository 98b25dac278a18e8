-- One row per cycle KPI, month and facility: hours until a receipt is copied (K7), days from order to payment and their legs (K12), records that repeat a supplier (K3).
with

copies as (select * from {{ ref('rec_receipt_line_vs_copy_time') }}),
traces as (select * from {{ ref('mart_p2p_trace') }} where payment_date is not null),
records as (select * from {{ ref('dim_supplier_record') }} where status = 'ACTIVE'),
run as (select max(evaluated_as_of) as as_of from {{ ref('mart_invoice_match') }}),

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

-- Services have no leg of receipt; what is billed before it came has a negative one.
paid as (
    select
        substr(cast(payment_date as string), 1, 7) as period_code,
        coalesce(facility_code, 'UNKNOWN') as facility_code,
        sum({{ days_between('ordered_date', 'payment_date') }}) as cycle_days,
        sum({{ days_between('ordered_date', 'last_receipt_date') }}) as receive_days,
        sum({{ days_between('last_receipt_date', 'last_invoice_date') }}) as invoice_days,
        sum({{ days_between('last_invoice_date', 'payment_date') }}) as pay_days,
        count(*) as paid_count,
        count(last_receipt_date) as received_count
    from traces
    group by substr(cast(payment_date as string), 1, 7), coalesce(facility_code, 'UNKNOWN')
),

counted as (
    select
        source_instance,
        count(*) as record_count,
        count(distinct supplier_key) as supplier_count
    from records
    group by source_instance
),

repeated as (
    select
        substr(cast(run.as_of as string), 1, 7) as period_code,
        'UNKNOWN' as facility_code,
        sum(counted.record_count - counted.supplier_count) as repeated_count,
        sum(counted.record_count) as record_count
    from counted
    cross join run
    group by substr(cast(run.as_of as string), 1, 7)
),

final as (
    {%- for code, relation, numerator, denominator in [
        ('K3', 'repeated', 'repeated_count', 'record_count'),
        ('K7_MEAN', 'copied', 'copy_hours', 'copy_count'),
        ('K7_P50', 'copied', 'copy_p50', '1'),
        ('K7_P90', 'copied', 'copy_p90', '1'),
        ('K12', 'paid', 'cycle_days', 'paid_count'),
        ('K12_RECEIVE', 'paid', 'receive_days', 'received_count'),
        ('K12_INVOICE', 'paid', 'invoice_days', 'received_count'),
        ('K12_PAY', 'paid', 'pay_days', 'paid_count'),
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
