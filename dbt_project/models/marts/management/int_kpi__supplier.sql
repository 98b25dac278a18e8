-- One row per supplier KPI, month and facility: active records that repeat a supplier, and what is bought under them (K3).
with

records as (select * from {{ ref('dim_supplier_record') }} where coalesce(status, 'ACTIVE') = 'ACTIVE'),
spend as (
    select * from {{ ref('mart_spend') }}
    where coalesce(charge_class, 'GOODS') not in ('TAX_SALES', 'TAX_USE')
),
run as (select * from {{ ref('dim_run') }}),

-- Of several records of a system the first survives, as the finding about the others says.
ranked as (
    select
        records.*,
        row_number() over (partition by source_instance, supplier_key order by native_id) as record_rank
    from records
),

counted as (
    select
        substr(cast(run.as_of as string), 1, 7) as period_code,
        'UNKNOWN' as facility_code,
        sum(case when ranked.record_rank > 1 then 1 else 0 end) as repeated_count,
        count(*) as record_count
    from ranked
    cross join run
    group by substr(cast(run.as_of as string), 1, 7)
),

bought as (
    select
        spend.period_code,
        coalesce(spend.facility_code, 'UNKNOWN') as facility_code,
        sum(case when ranked.record_rank > 1 then spend.spend_amount else 0 end) as repeated_amount,
        sum(spend.spend_amount) as spend_amount
    from spend
    left join ranked on spend.source_instance = ranked.source_instance and spend.supplier_id = ranked.native_id
    group by spend.period_code, coalesce(spend.facility_code, 'UNKNOWN')
),

final as (
    {%- for code, relation, numerator, denominator in [
        ('K3', 'counted', 'repeated_count', 'record_count'),
        ('K3_SPEND', 'bought', 'repeated_amount', 'spend_amount'),
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
