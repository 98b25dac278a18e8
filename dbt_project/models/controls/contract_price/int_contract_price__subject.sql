-- One row per PO line whose price can be read: what its contract price is looked up by, and on which day for each basis (domain_rules 3.8).
with

order_lines as (
    select * from {{ ref('fct_purchase_order_line') }} where unit_factor > 0 and order_unit_price is not null
),
items as (select * from {{ ref('dim_item') }}),
contracts as (select * from {{ ref('dim_contract') }}),
invoice_lines as (select * from {{ ref('fct_invoice_line') }} where charge_class in ('GOODS', 'SERVICE')),
invoices as (select * from {{ ref('fct_invoice') }} where not is_void and invoice_type <> 'CREDIT'),

invoiced as (
    select
        invoice_lines.purchase_order_line_key,
        min(invoices.invoice_date) as invoiced_on
    from invoice_lines
    inner join invoices on invoice_lines.invoice_key = invoices.invoice_key
    where invoice_lines.purchase_order_line_key is not null
    group by invoice_lines.purchase_order_line_key
),

final as (
    select
        order_lines.*,
        {{ normalized_number('coalesce(order_lines.manufacturer_part_number, items.manufacturer_part_number)') }}
            as manufacturer_part,
        coalesce({{ gtin_14('order_lines.gtin') }}, {{ gtin_14('items.gtin') }}) as gtin_14,
        coalesce(contracts.contract_number, order_lines.contract_id) as referenced_contract,
        -- The promise stands for the shipment, and nothing ships before it is ordered.
        greatest(coalesce(order_lines.promised_date, order_lines.ordered_date), order_lines.ordered_date)
            as shipped_on,
        coalesce(invoiced.invoiced_on, order_lines.ordered_date) as invoiced_on
    from order_lines
    left join items on order_lines.item_key = items.item_key
    left join contracts
        on order_lines.source_instance = contracts.source_instance and order_lines.contract_id = contracts.native_id
    left join invoiced on order_lines.purchase_order_line_key = invoiced.purchase_order_line_key
)

select * from final
