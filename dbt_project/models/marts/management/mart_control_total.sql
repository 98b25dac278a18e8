-- One row per instance, entity and currency: rows and amounts from canonical to fact to mart, and whether every hop ties.
with

totals as (select * from {{ ref('rec_control_total') }}),
spend as (select * from {{ ref('mart_spend') }}),
invoices as (select * from {{ ref('fct_invoice') }}),

spent as (
    select
        source_instance,
        currency_code,
        count(*) as mart_rows,
        sum(spend_amount) as mart_amount
    from spend
    group by source_instance, currency_code
),

voided as (
    select
        source_instance,
        currency_code,
        sum(case when is_void then gross_amount else 0 end) as void_amount
    from invoices
    group by source_instance, currency_code
),

final as (
    select
        totals.source_instance,
        totals.entity,
        totals.currency_code,
        totals.canonical_rows,
        totals.canonical_amount,
        totals.replica_rows,
        totals.later_rows,
        totals.deleted_rows,
        totals.orphan_rows,
        totals.fact_rows,
        totals.fact_amount,
        {{ money("case when totals.entity = 'invoice' then coalesce(voided.void_amount, 0) end") }} as void_amount,
        cast(case when totals.entity = 'invoice' then coalesce(spent.mart_rows, 0) end as bigint) as mart_rows,
        {{ money("case when totals.entity = 'invoice' then coalesce(spent.mart_amount, 0) end") }} as mart_amount,
        totals.is_tied
        and (
            totals.entity <> 'invoice'
            or totals.fact_amount = coalesce(voided.void_amount, 0) + coalesce(spent.mart_amount, 0)
        ) as is_tied
    from totals
    left join spent
        on totals.source_instance = spent.source_instance and totals.currency_code = spent.currency_code
    left join voided
        on totals.source_instance = voided.source_instance and totals.currency_code = voided.currency_code
)

select * from final
