-- One row per supplier KPI, month and facility: active records that repeat a supplier and what is bought under them (K3), suppliers with an open finding (K15).
with

records as (select * from {{ ref('dim_supplier_record') }} where coalesce(status, 'ACTIVE') = 'ACTIVE'),
spend as (
    select * from {{ ref('mart_spend') }}
    where coalesce(charge_class, 'GOODS') not in ('TAX_SALES', 'TAX_USE')
),
duplicates as (select * from {{ ref('mart_duplicate_supplier') }}),
findings as (
    select supplier_key from {{ ref('exc_exception') }}
    where entity_type = 'supplier' and status = 'OPEN' and severity in ('BLOCK', 'WARN') and supplier_key is not null
    group by supplier_key
),
run as (select * from {{ ref('dim_run') }}),

suppliers as (select supplier_key from records group by supplier_key),

judged as (
    select
        substr(cast(run.as_of as string), 1, 7) as period_code,
        'UNKNOWN' as facility_code,
        count(findings.supplier_key) as exception_count,
        count(*) as supplier_count
    from suppliers
    left join findings on suppliers.supplier_key = findings.supplier_key
    cross join run
    group by substr(cast(run.as_of as string), 1, 7)
),

counted as (
    select
        substr(cast(run.as_of as string), 1, 7) as period_code,
        'UNKNOWN' as facility_code,
        count(duplicates.native_id) as repeated_count,
        count(*) as record_count
    from records
    left join duplicates
        on records.source_instance = duplicates.source_instance and records.native_id = duplicates.native_id
    cross join run
    group by substr(cast(run.as_of as string), 1, 7)
),

bought as (
    select
        spend.period_code,
        coalesce(spend.facility_code, 'UNKNOWN') as facility_code,
        sum(case when duplicates.native_id is not null then spend.spend_amount else 0 end) as repeated_amount,
        sum(spend.spend_amount) as spend_amount
    from spend
    left join duplicates
        on spend.source_instance = duplicates.source_instance and spend.supplier_id = duplicates.native_id
    group by spend.period_code, coalesce(spend.facility_code, 'UNKNOWN')
),

final as (
    {%- for code, relation, numerator, denominator in [
        ('K3', 'counted', 'repeated_count', 'record_count'),
        ('K3_SPEND', 'bought', 'repeated_amount', 'spend_amount'),
        ('K15', 'judged', 'exception_count', 'supplier_count'),
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
