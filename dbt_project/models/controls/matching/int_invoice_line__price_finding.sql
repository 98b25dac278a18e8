-- One row per invoice line and finding about its price or extension (domain_rules 3.4.5 step 3, 3.4.6).
with

measures as (select * from {{ ref('int_invoice_line__measure') }} where is_matchable),
invoice_lines as (select * from {{ ref('fct_invoice_line') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
tolerances as (select * from {{ ref('int_purchase_order_line__tolerance') }}),

priced as (
    select
        measures.invoice_line_key,
        measures.po_order_unit_price,
        measures.price_variance,
        measures.price_variance_amount,
        measures.line_amount,
        measures.invoiced_quantity,
        order_lines.is_price_estimated
    from measures
    inner join order_lines on measures.purchase_order_line_key = order_lines.purchase_order_line_key
    where not measures.is_credit and measures.is_priced and measures.price_variance is not null
),

judged as (
    select
        priced.*,
        {{ is_beyond('priced.price_variance_amount', 'priced.price_variance', 'priced.po_order_unit_price', 'rules') }}
            as is_over,
        rules.check_code is not null
        and {{ is_beyond('-priced.price_variance_amount', '-priced.price_variance',
            'priced.po_order_unit_price', 'rules', 'lower') }}
            as is_under,
        rules.action
    from priced
    inner join measures on priced.invoice_line_key = measures.invoice_line_key
    left join tolerances as rules
        on
            measures.purchase_order_line_key = rules.purchase_order_line_key
            and rules.check_code = case when priced.is_price_estimated then 'PRICE_ESTIMATED' else 'PRICE' end
),

extended as (
    select
        measures.invoice_line_key,
        measures.line_amount,
        measures.quantity,
        abs(
            {{ divide(
                product('abs(measures.quantity)', 'abs(measures.source_unit_price)'),
                'measures.price_per_quantity', 6) }}
            - abs(measures.line_amount)
        ) as extension_difference,
        invoice_lines.price_uom_code is distinct from invoice_lines.uom_code as has_price_unit,
        order_lines.price_uom_code is not distinct from invoice_lines.price_uom_code
        and order_lines.order_uom_code is not distinct from invoice_lines.uom_code as has_order_units
    from measures
    inner join invoice_lines on measures.invoice_line_key = invoice_lines.invoice_line_key
    left join order_lines on measures.purchase_order_line_key = order_lines.purchase_order_line_key
    where measures.quantity is not null and measures.source_unit_price is not null
),

final as (
    {{ findings('judged', 'invoice_line_key', [
        ('ZERO_PRICE_PO', 'po_order_unit_price = 0 and price_variance <> 0', 'abs(line_amount)', 'null'),
        ('PRICE_OVER', 'po_order_unit_price <> 0 and is_over', 'price_variance_amount', 'invoiced_quantity', 'action'),
        ('PRICE_UNDER', 'po_order_unit_price <> 0 and is_under', 'abs(price_variance_amount)', 'invoiced_quantity', 'action'),
    ]) }}
    union all
    {{ findings('extended', 'invoice_line_key', [
        ('UOM_RATIO', 'has_price_unit and not has_order_units', 'abs(line_amount)', 'null'),
        ('EXTENSION_MISMATCH', 'not has_price_unit and quantity <> 0 and extension_difference > 0.01',
            'extension_difference', 'null'),
    ]) }}
)

select * from final
