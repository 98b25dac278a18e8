-- One row per invoice line for goods or services: every number its verdict needs, in base units and order prices (domain_rules 3.4.5).
with

lines as (select * from {{ ref('fct_invoice_line') }} where charge_class in ('GOODS', 'SERVICE')),
invoices as (select * from {{ ref('fct_invoice') }} where not is_void),
nets as (select * from {{ ref('fct_invoice_line_net') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
receipts as (select * from {{ ref('int_purchase_order_line__receipt') }}),
bridge as (select * from {{ ref('bridge_invoice_line_x_receipt_line') }}),

running as (
    select
        nets.invoice_line_key,
        nets.net_quantity,
        cast(sum(nets.net_quantity) over (
            partition by nets.purchase_order_line_key
            order by nets.invoice_date nulls last, nets.received_at nulls last, nets.native_id
            rows between unbounded preceding and current row
        ) as decimal(18, 6)) as invoiced_to_date
    from nets
),

-- Quantity and value of the order line up to and with this line, as billed and credited.
to_date as (
    select
        lines.invoice_line_key,
        sum(lines.line_amount) over (
            partition by lines.purchase_order_line_key
            order by invoices.invoice_date nulls last, invoices.received_at nulls last, lines.native_id
            rows between unbounded preceding and current row
        ) as amount_to_date,
        sum(case when invoices.credit_kind = 'PRICE' then 0 else coalesce(lines.invoiced_quantity, 0) end) over (
            partition by lines.purchase_order_line_key
            order by invoices.invoice_date nulls last, invoices.received_at nulls last, lines.native_id
            rows between unbounded preceding and current row
        ) as quantity_to_date,
        sum(case when invoices.credit_kind = 'PRICE' then 0 else coalesce(lines.invoiced_quantity, 0) end) over (
            partition by lines.purchase_order_line_key
        ) as signed_quantity,
        coalesce(lines.invoiced_quantity, 0) = 0 and lines.line_amount > 0 and invoices.invoice_type <> 'CREDIT'
            as is_subsequent_debit
    from lines
    inner join invoices on lines.invoice_key = invoices.invoice_key
    where lines.purchase_order_line_key is not null
),

-- Credits beyond the invoices we know were given for what was billed before the horizon.
opened as (
    select
        to_date.invoice_line_key,
        to_date.is_subsequent_debit,
        greatest(0, order_lines.opening_invoiced_quantity + least(0, to_date.signed_quantity)) as opening_invoiced_quantity,
        case when to_date.is_subsequent_debit then to_date.quantity_to_date else lines.invoiced_quantity end
            as priced_quantity,
        case
            when to_date.is_subsequent_debit
                then {{ divide('to_date.amount_to_date', 'to_date.quantity_to_date', 6) }}
        end as average_unit_price
    from to_date
    inner join lines on to_date.invoice_line_key = lines.invoice_line_key
    inner join order_lines on lines.purchase_order_line_key = order_lines.purchase_order_line_key
),

covered as (
    select invoice_line_key, sum(allocated_quantity) as covered_quantity from bridge group by invoice_line_key
),

-- A price credit changes the price paid on the invoice it names.
price_credits as (
    select
        invoices.source_instance,
        invoices.original_invoice_id,
        lines.purchase_order_line_key,
        sum(lines.line_amount) as credit_amount
    from lines
    inner join invoices on lines.invoice_key = invoices.invoice_key
    where invoices.credit_kind = 'PRICE' and invoices.original_invoice_id is not null
    group by invoices.source_instance, invoices.original_invoice_id, lines.purchase_order_line_key
),

priced as (
    select
        lines.invoice_line_key,
        -- A later debit without quantity is judged by the average price it leads to.
        case
            when opened.is_subsequent_debit
                then {{ quantity(product('opened.average_unit_price', 'order_lines.unit_factor')) }}
            else {{ divide(
                divide(product('lines.unit_price', 'order_lines.unit_factor'), 'lines.unit_factor', 8),
                'lines.price_per_quantity', 6) }}
        end as order_unit_price,
        case
            when opened.is_subsequent_debit then opened.average_unit_price
            else {{ divide(divide('lines.unit_price', 'lines.unit_factor', 8), 'lines.price_per_quantity', 6) }}
        end as base_unit_price,
        opened.priced_quantity,
        {{ divide(product('price_credits.credit_amount', 'order_lines.unit_factor'), 'nullif(lines.invoiced_quantity, 0)', 6) }}
            as order_unit_credit
    from lines
    inner join order_lines on lines.purchase_order_line_key = order_lines.purchase_order_line_key
    inner join opened on lines.invoice_line_key = opened.invoice_line_key
    left join price_credits
        on
            lines.source_instance = price_credits.source_instance
            and lines.invoice_id = price_credits.original_invoice_id
            and lines.purchase_order_line_key = price_credits.purchase_order_line_key
),

final as (
    select
        lines.invoice_line_key,
        lines.invoice_key,
        lines.purchase_order_line_key,
        lines.source_system,
        lines.source_instance,
        lines.native_id,
        invoices.invoice_type,
        invoices.credit_kind,
        invoices.original_invoice_id,
        invoices.invoice_date,
        invoices.supplier_key,
        invoices.legal_entity_code,
        invoices.currency_code,
        lines.link_level,
        lines.has_po_reference,
        -- Without any reference, item or part there is nothing to match: coding and approval decide (3.4.1, NON_PO).
        lines.has_po_reference
        or lines.purchase_order_line_key is not null
        or lines.item_key is not null
        or lines.supplier_part_number is not null as is_matchable,
        coalesce(order_lines.match_category, 'NON_PO') as match_category,
        lines.quantity,
        lines.unit_price as source_unit_price,
        lines.price_per_quantity,
        lines.line_amount,
        lines.source_uom_code,
        lines.uom_code,
        lines.base_uom_code,
        lines.unit_factor,
        lines.invoiced_quantity,
        invoices.invoice_type = 'CREDIT' or lines.line_amount < 0 as is_credit,
        coalesce(running.net_quantity, 0) as net_quantity,
        coalesce(opened.is_subsequent_debit, false) or coalesce(running.net_quantity, 0) > 0 as is_priced,
        {{ quantity('coalesce(running.invoiced_to_date, 0) + coalesce(opened.opening_invoiced_quantity, 0)'
            ~ ' - coalesce(running.net_quantity, 0)') }} as previously_invoiced_quantity,
        {{ quantity('coalesce(running.invoiced_to_date, 0) + coalesce(opened.opening_invoiced_quantity, 0)') }}
            as invoiced_to_date,
        {{ quantity('coalesce(covered.covered_quantity, 0)') }} as covered_quantity,
        order_lines.ordered_quantity,
        receipts.received_quantity,
        receipts.accepted_quantity,
        receipts.is_delivery_complete,
        receipts.receiving_instance,
        receipts.receipt_factor,
        order_lines.order_unit_price as po_order_unit_price,
        order_lines.base_unit_price as po_unit_price,
        priced.order_unit_price + coalesce(priced.order_unit_credit, 0) as order_unit_price,
        priced.base_unit_price as invoice_unit_price,
        {{ quantity('priced.order_unit_price + coalesce(priced.order_unit_credit, 0) - order_lines.order_unit_price') }}
            as price_variance,
        {{ money(divide(
            product('(priced.order_unit_price + coalesce(priced.order_unit_credit, 0) - order_lines.order_unit_price)',
                'priced.priced_quantity'),
            'order_lines.unit_factor', 6)) }} as price_variance_amount
    from lines
    inner join invoices on lines.invoice_key = invoices.invoice_key
    left join order_lines on lines.purchase_order_line_key = order_lines.purchase_order_line_key
    left join receipts on lines.purchase_order_line_key = receipts.purchase_order_line_key
    left join opened on lines.invoice_line_key = opened.invoice_line_key
    left join running on lines.invoice_line_key = running.invoice_line_key
    left join covered on lines.invoice_line_key = covered.invoice_line_key
    left join priced on lines.invoice_line_key = priced.invoice_line_key
)

select * from final
