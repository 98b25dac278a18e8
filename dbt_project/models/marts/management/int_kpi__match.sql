-- One row per match KPI, period of first evaluation and facility: exception rate K1, first-pass rate K2 and its five-way partition.
with

verdicts as (select * from {{ ref('rec_first_vs_latest_verdict') }}),
matches as (
    select * from {{ ref('rec_invoice_line_vs_purchase_order_line') }}
    where match_category <> 'NON_PO' and invoice_type <> 'CREDIT'
),

classed as (
    select
        substr(cast(verdicts.first_evaluated_on as string), 1, 7) as period_code,
        coalesce(matches.facility_code, 'UNKNOWN') as facility_code,
        case
            when verdicts.is_ever_exception then 'K2_EVER_EXCEPTION'
            when verdicts.first_match_status in ('MATCHED', 'MATCHED_IN_TOLERANCE') and verdicts.is_touched
                then 'K2_TOUCHED'
            when verdicts.first_match_status in ('MATCHED', 'MATCHED_IN_TOLERANCE') then 'K2'
            when verdicts.latest_match_status in ('MATCHED', 'MATCHED_IN_TOLERANCE') then 'K2_WAITED'
            else 'K2_WAITING'
        end as partition_code
    from verdicts
    inner join matches
        on verdicts.source_instance = matches.source_instance and verdicts.native_id = matches.native_id
),

evaluated as (
    select
        period_code,
        facility_code,
        count(*) as line_count,
        sum(case when partition_code = 'K2_EVER_EXCEPTION' then 1 else 0 end) as exception_count,
        sum(case when partition_code = 'K2' then 1 else 0 end) as first_pass_count,
        sum(case when partition_code = 'K2_WAITED' then 1 else 0 end) as waited_count,
        sum(case when partition_code = 'K2_WAITING' then 1 else 0 end) as waiting_count,
        sum(case when partition_code = 'K2_TOUCHED' then 1 else 0 end) as touched_count
    from classed
    group by period_code, facility_code
),

final as (
    {%- for code, column in [('K1', 'exception_count'), ('K2', 'first_pass_count'),
        ('K2_EVER_EXCEPTION', 'exception_count'), ('K2_WAITED', 'waited_count'), ('K2_WAITING', 'waiting_count'),
        ('K2_TOUCHED', 'touched_count')] %}
    select
        '{{ code }}' as kpi_code,
        period_code,
        facility_code,
        cast({{ column }} as decimal(18, 2)) as numerator,
        cast(line_count as decimal(18, 2)) as denominator
    from evaluated
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from final
