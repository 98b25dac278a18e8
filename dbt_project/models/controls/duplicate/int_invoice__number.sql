-- One row per invoice that stands: its number in both forms, how often its amount comes, and what stands behind it (domain_rules 3.4.9).
with

standing as (select * from {{ ref('int_invoice__standing') }}),
rules as (select * from {{ ref('int_invoice__policy') }}),
lines as (select * from {{ ref('fct_invoice_line') }} where purchase_order_line_key is not null),
measures as (select * from {{ ref('int_invoice_line__measure') }} where net_quantity > 0),
policies as (
    select source_instance, min(write_policy) as write_policy
    from {{ ref('stg_landscape__system_of_record') }}
    where domain = 'invoice'
    group by source_instance
),

order_lines as (
    select invoice_key, {{ joined('purchase_order_line_key', 'purchase_order_line_key') }} as order_lines
    from (select invoice_key, purchase_order_line_key from lines group by invoice_key, purchase_order_line_key) as pairs
    group by invoice_key
),

-- Goods that came, or room in a service's order, speak for a bill of its own.
backed as (
    select
        invoice_key,
        max(case when invoiced_to_date > ordered_quantity then 1 else 0 end) = 1 as is_over_ordered,
        max(
            case
                when {{ needs_receipt('match_category') }} and covered_quantity < net_quantity
                    then 1
                when {{ is_usage_based('match_category') }} and invoiced_to_date > used_quantity then 1
                when match_category = '2WAY' and invoiced_to_date > ordered_quantity then 1
                else 0
            end
        ) = 0 as is_backed
    from measures
    group by invoice_key
),

described as (
    select
        standing.*,
        coalesce(policies.write_policy, 'MASTER') as write_policy,
        ltrim({{ replace_pattern('standing.number_form', '^[A-Z]+', '') }}, '0') as short_form,
        standing.currency_code || ' ' || cast(standing.gross_amount as string) as amount_text,
        {{ days_between("date '2000-01-01'", 'standing.invoice_date') }} as day_number,
        {{ fiscal_year('standing.invoice_date', 'coalesce(rules.fiscal_year_first_month, 1)') }} as fiscal_year,
        coalesce(rules.is_recurring, false) as is_recurring,
        coalesce(rules.is_number_reference, false) as is_number_reference,
        order_lines.order_lines,
        coalesce(backed.is_over_ordered, false) as is_over_ordered,
        coalesce(backed.is_backed, false) as is_backed,
        row_number() over (
            partition by standing.supplier_key
            order by standing.recorded_at, standing.invoice_date, standing.native_id, standing.invoice_key
        ) as arrival_rank
    from standing
    left join rules on standing.invoice_key = rules.invoice_key
    left join order_lines on standing.invoice_key = order_lines.invoice_key
    left join backed on standing.invoice_key = backed.invoice_key
    left join policies on standing.source_instance = policies.source_instance
),

{% set under_number = 'over (partition by supplier_key, number_form order by arrival_rank)' %}
final as (
    select
        described.*,
        count(*) over (partition by supplier_key, amount_text) as amount_count,
        count(*) over (
            partition by supplier_key, amount_text
            order by day_number
            range between 7 preceding and 7 following
        ) as week_count,
        count(*) over (partition by source_instance, supplier_key, number_form, amount_text) as twin_count,
        first_value(invoice_key) {{ under_number }} as first_key,
        number_form <> '' and coalesce(first_value(fiscal_year) {{ under_number }} <> fiscal_year, false)
            as is_number_of_other_year
    from described
)

select * from final
