-- One row per invoice that asks for money and was not taken back: its number in both forms and what stands behind it (domain_rules 3.4.9).
with

invoices as (
    select
        *,
        {{ normalized_number('invoice_number') }} as number_form
    from {{ ref('fct_invoice') }}
    where not is_void and supplier_key is not null and gross_amount <> 0
),
lines as (select * from {{ ref('fct_invoice_line') }} where purchase_order_line_key is not null),
measures as (select * from {{ ref('int_invoice_line__measure') }} where net_quantity > 0),
policies as (
    select source_instance, min(write_policy) as write_policy
    from {{ ref('stg_landscape__system_of_record') }}
    where domain = 'invoice'
    group by source_instance
),

-- A credit over the whole amount that names its invoice takes it back.
reversed as (
    select originals.invoice_key
    from invoices as originals
    inner join invoices as credits
        on
            originals.source_instance = credits.source_instance
            and originals.native_id = credits.original_invoice_id
            and credits.gross_amount < 0
    where credits.credit_kind = 'REVERSAL' or -credits.gross_amount >= originals.gross_amount
    group by originals.invoice_key
),

-- A credit that names none, but has the number and the amount of an invoice, takes back the first of them.
nameless as (
    select supplier_key, number_form, currency_code, -gross_amount as gross_amount, count(*) as credit_count
    from invoices
    where gross_amount < 0 and original_invoice_id is null
    group by supplier_key, number_form, currency_code, gross_amount
),

standing as (
    select
        invoices.*,
        row_number() over (
            partition by
                invoices.supplier_key, invoices.number_form, invoices.currency_code, invoices.gross_amount
            order by invoices.recorded_at, invoices.invoice_date, invoices.native_id
        ) as number_rank
    from invoices
    left join reversed on invoices.invoice_key = reversed.invoice_key
    where invoices.gross_amount > 0 and reversed.invoice_key is null
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
                when match_category in ('3WAY_GR_FIRST', '3WAY_INV_FIRST', '4WAY') and covered_quantity < net_quantity
                    then 1
                when match_category = '2WAY' and invoiced_to_date > ordered_quantity then 1
                else 0
            end
        ) = 0 as is_backed
    from measures
    group by invoice_key
),

final as (
    select
        standing.invoice_key,
        standing.source_instance,
        standing.native_id,
        coalesce(policies.write_policy, 'MASTER') as write_policy,
        standing.supplier_key,
        standing.invoice_number,
        standing.number_form,
        ltrim({{ replace_pattern('standing.number_form', '^[A-Z]+', '') }}, '0') as short_form,
        standing.invoice_date,
        standing.gross_amount,
        standing.currency_code || ' ' || cast(standing.gross_amount as string) as amount_text,
        standing.document_hash,
        order_lines.order_lines,
        coalesce(backed.is_over_ordered, false) as is_over_ordered,
        coalesce(backed.is_backed, false) as is_backed,
        row_number() over (
            partition by standing.supplier_key
            order by standing.recorded_at, standing.invoice_date, standing.native_id, standing.invoice_key
        ) as arrival_rank,
        count(*) over (
            partition by standing.supplier_key, standing.currency_code, standing.gross_amount
        ) as amount_count,
        count(*) over (
            partition by
                standing.source_instance, standing.supplier_key, standing.number_form, standing.currency_code,
                standing.gross_amount
        ) as twin_count
    from standing
    left join nameless
        on
            standing.supplier_key = nameless.supplier_key
            and standing.number_form = nameless.number_form
            and standing.currency_code = nameless.currency_code
            and standing.gross_amount = nameless.gross_amount
    left join order_lines on standing.invoice_key = order_lines.invoice_key
    left join backed on standing.invoice_key = backed.invoice_key
    left join policies on standing.source_instance = policies.source_instance
    where standing.number_rank > coalesce(nameless.credit_count, 0)
)

select * from final
