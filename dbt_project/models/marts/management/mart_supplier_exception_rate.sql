-- One row per supplier and month of first evaluation: invoice lines that asked for an order, and those ever an exception (K1).
with

verdicts as (select * from {{ ref('rec_first_vs_latest_verdict') }}),
suppliers as (select * from {{ ref('dim_supplier') }}),
matches as (
    select * from {{ ref('rec_invoice_line_vs_purchase_order_line') }}
    where match_category <> 'NON_PO' and invoice_type <> 'CREDIT'
),

judged as (
    select
        matches.supplier_key,
        substr(cast(verdicts.first_evaluated_on as string), 1, 7) as period_code,
        matches.currency_code,
        matches.line_amount,
        verdicts.is_ever_exception,
        matches.match_status = 'EXCEPTION' as is_open
    from verdicts
    inner join matches
        on verdicts.source_instance = matches.source_instance and verdicts.native_id = matches.native_id
    where matches.supplier_key is not null
),

counted as (
    select
        supplier_key,
        period_code,
        currency_code,
        count(*) as line_count,
        sum(case when is_ever_exception then 1 else 0 end) as exception_count,
        sum(case when is_open then 1 else 0 end) as open_count,
        sum(line_amount) as line_amount,
        sum(case when is_ever_exception then line_amount else 0 end) as exception_amount,
        sum(case when is_open then line_amount else 0 end) as open_amount
    from judged
    group by supplier_key, period_code, currency_code
),

final as (
    select
        counted.supplier_key,
        suppliers.supplier_name,
        counted.period_code,
        counted.currency_code,
        cast(counted.line_count as bigint) as line_count,
        cast(counted.exception_count as bigint) as exception_count,
        cast({{ divide('counted.exception_count', 'counted.line_count', 4) }} as decimal(18, 4)) as exception_rate,
        cast(counted.open_count as bigint) as open_count,
        {{ money('counted.line_amount') }} as line_amount,
        {{ money('counted.exception_amount') }} as exception_amount,
        {{ money('counted.open_amount') }} as open_amount
    from counted
    left join suppliers on counted.supplier_key = suppliers.supplier_key
)

select * from final
