-- One row per invoice line whose account is derived, at its posting date: what its order says of it, else its item, or the charge that it is (domain_rules 3.10).
with

order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
invoice_lines as (select * from {{ ref('fct_invoice_line') }}),
invoices as (select * from {{ ref('fct_invoice') }}),
items as (select * from {{ ref('dim_item') }}),

final as (
    select
        'invoice_line' as entity_type,
        invoice_lines.invoice_line_key as line_key,
        invoice_lines.source_instance,
        invoice_lines.native_id,
        invoice_lines.purchase_order_line_key,
        invoice_lines.invoice_key,
        coalesce(invoices.invoice_number, '') || '|' || coalesce(cast(invoice_lines.line_number as string), '')
            as business_key,
        coalesce(invoices.legal_entity_code, order_lines.legal_entity_code) as legal_entity_code,
        invoices.supplier_key,
        coalesce(invoice_lines.facility_code, order_lines.facility_code) as facility_code,
        coalesce(invoice_lines.cost_center_code, order_lines.cost_center_code) as cost_center_code,
        coalesce(order_lines.category_code, items.category_code) as category_code,
        case
            when invoice_lines.charge_class in ('FREIGHT', 'HANDLING', 'FUEL') then 'FREIGHT'
            when invoice_lines.charge_class in ('TAX_SALES', 'TAX_USE') then 'TAX'
            when coalesce(invoice_lines.charge_class, 'GOODS') not in ('GOODS', 'SERVICE')
                then invoice_lines.charge_class
            else coalesce(order_lines.spend_type, items.spend_type)
        end as spend_type,
        coalesce(invoices.posting_date, invoices.invoice_date) as derived_on,
        invoice_lines.account_code,
        coalesce(
            order_lines.base_unit_price, {{ divide('invoice_lines.line_amount', 'invoice_lines.invoiced_quantity') }}
        ) as unit_cost,
        invoice_lines.line_amount as amount,
        invoices.currency_code,
        invoices.posting_date is not null and coalesce(invoices.status, '') not in ('POSTED', 'PAID') as is_unposted
    from invoice_lines
    inner join invoices on invoice_lines.invoice_key = invoices.invoice_key
    left join order_lines on invoice_lines.purchase_order_line_key = order_lines.purchase_order_line_key
    left join items on coalesce(order_lines.item_key, invoice_lines.item_key) = items.item_key
    where not invoices.is_void
)

select * from final
