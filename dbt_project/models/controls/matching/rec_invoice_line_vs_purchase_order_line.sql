-- One row per invoice line that asks for an order: the three-way match verdict with all its numbers (domain_rules 3.4.5).
with

measures as (select * from {{ ref('int_invoice_line__measure') }} where is_matchable),
findings as (select * from {{ ref('int_invoice_line__finding') }}),
causes as (select * from {{ ref('int_purchase_order_line__cause') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
invoices as (select * from {{ ref('fct_invoice') }}),
lines as (select * from {{ ref('fct_invoice_line') }}),
run as (select * from {{ ref('stg_landscape__run') }}),

summed as (
    select
        invoice_line_key,
        {{ joined('code', 'step, code') }} as codes,
        max(case when severity = 'BLOCK' then 1 else 0 end) as block_count,
        max(case when severity = 'WAIT' then 1 else 0 end) as wait_count,
        max(case when code in ('QTY_OVER_RECEIVED', 'RECEIPT_OVERDUE') then 1 else 0 end) as short_count,
        max(
            case when code in ('QTY_OVER_RECEIVED', 'AWAITING_RECEIPT', 'RECEIPT_OVERDUE') then quantity_at_risk end
        ) as uncovered_quantity,
        max(
            case
                when
                    code in (
                        'QTY_OVER_RECEIVED',
                        'QTY_OVER_ORDERED',
                        'NOT_ACCEPTED',
                        'INVOICE_EXCEEDS_CONSUMED',
                        'AWAITING_RECEIPT',
                        'RECEIPT_OVERDUE',
                        'SOURCE_STALE'
                    )
                    then quantity_at_risk
            end
        ) as quantity_variance
    from findings
    group by invoice_line_key
),

-- What is short is exactly what went back: it is not the goods that are missing, but the credit.
{% set is_returned = 'coalesce(measures.returned_quantity > 0'
    ~ ' and measures.returned_quantity = summed.uncovered_quantity, false)' %}
final as (
    select
        measures.invoice_line_key,
        measures.invoice_key,
        measures.purchase_order_line_key,
        measures.source_system,
        measures.source_instance,
        measures.native_id,
        invoices.native_id as invoice_native_id,
        invoices.invoice_number,
        lines.line_number,
        coalesce(order_lines.po_number, invoices.po_number) as po_number,
        order_lines.line_number as po_line_number,
        measures.legal_entity_code,
        measures.supplier_key,
        coalesce(order_lines.facility_code, lines.facility_code) as facility_code,
        measures.currency_code,
        measures.invoice_date,
        measures.invoice_type,
        measures.is_judged,
        measures.link_level,
        measures.match_category,
        case
            when coalesce(summed.block_count, 0) = 1 then 'EXCEPTION'
            when coalesce(summed.wait_count, 0) = 1 then 'WAITING'
            when
                summed.codes is not null
                or (not measures.is_credit and measures.is_priced and coalesce(measures.price_variance, 0) <> 0)
                or (not measures.is_credit and measures.net_quantity > 0 and (
                    coalesce(
                        measures.invoiced_to_date > measures.ordered_quantity
                        and measures.match_category <> 'CONSIGNMENT', false
                    )
                    or (
                        measures.match_category in ('3WAY_GR_FIRST', '3WAY_INV_FIRST')
                        and coalesce(measures.invoiced_to_date > measures.received_quantity, false)
                    )
                    or coalesce(measures.invoiced_to_date > measures.used_quantity, false)
                ))
                then 'MATCHED_IN_TOLERANCE'
            else 'MATCHED'
        end as match_status,
        coalesce(summed.codes, '') as codes,
        measures.base_uom_code,
        measures.ordered_quantity,
        measures.received_quantity,
        measures.used_quantity,
        measures.previously_invoiced_quantity,
        measures.invoiced_quantity,
        measures.net_quantity,
        measures.covered_quantity,
        measures.po_unit_price,
        measures.invoice_unit_price,
        measures.price_variance_amount,
        summed.quantity_variance,
        case
            when {{ is_returned }} then 'RETURN_WITHOUT_CREDIT'
            when summed.short_count = 1 then causes.cause_code
        end as cause_code,
        case when summed.short_count = 1 and not {{ is_returned }} then causes.cause_ratio end as cause_ratio,
        case when summed.short_count = 1 and not {{ is_returned }} then causes.proposed_quantity end
            as proposed_quantity,
        measures.line_amount,
        measures.receipt_factor,
        measures.receiving_instance,
        run.as_of as evaluated_as_of
    from measures
    cross join run
    inner join invoices on measures.invoice_key = invoices.invoice_key
    inner join lines on measures.invoice_line_key = lines.invoice_line_key
    left join order_lines on measures.purchase_order_line_key = order_lines.purchase_order_line_key
    left join summed on measures.invoice_line_key = summed.invoice_line_key
    left join causes on measures.purchase_order_line_key = causes.purchase_order_line_key
)

select * from final
