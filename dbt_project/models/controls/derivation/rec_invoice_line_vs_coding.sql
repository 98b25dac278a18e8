-- One row per line of goods or services on an invoice: the accounts that its order, the invoice and the ledger name (domain_rules 3.10).
with

invoice_lines as (select * from {{ ref('fct_invoice_line') }}),
invoices as (select * from {{ ref('fct_invoice') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
ledger_accounts as (select * from {{ ref('int_derivation__ledger_account') }}),

coded as (
    select
        invoice_lines.invoice_line_key,
        invoice_lines.invoice_key,
        invoice_lines.purchase_order_line_key,
        invoice_lines.source_instance,
        invoice_lines.native_id,
        coalesce(invoices.invoice_number, '') || '|' || coalesce(cast(invoice_lines.line_number as string), '')
            as business_key,
        coalesce(invoices.legal_entity_code, order_lines.legal_entity_code) as legal_entity_code,
        invoices.supplier_key,
        coalesce(invoice_lines.facility_code, order_lines.facility_code) as facility_code,
        invoice_lines.line_amount,
        order_lines.account_code as po_account_code,
        invoice_lines.account_code as invoice_account_code,
        coalesce(of_orders.account_code, of_invoices.account_code) as gl_account_code
    from invoice_lines
    inner join invoices on invoice_lines.invoice_key = invoices.invoice_key
    left join order_lines on invoice_lines.purchase_order_line_key = order_lines.purchase_order_line_key
    left join ledger_accounts as of_orders
        on invoice_lines.purchase_order_line_key = of_orders.purchase_order_line_key
    left join ledger_accounts as of_invoices
        on
            case when invoice_lines.purchase_order_line_key is null then invoice_lines.invoice_key end
            = of_invoices.invoice_key
    where coalesce(invoice_lines.charge_class, 'GOODS') in ('GOODS', 'SERVICE') and not invoices.is_void
),

-- A side that names no account contradicts nobody.
final as (
    select
        coded.*,
        case
            when
                po_account_code <> invoice_account_code
                and invoice_account_code <> gl_account_code
                and po_account_code <> gl_account_code
                then 'ALL_DIFFER'
            when po_account_code <> invoice_account_code then 'PO_INVOICE_DIFFER'
            when coalesce(invoice_account_code, po_account_code) <> gl_account_code then 'INVOICE_GL_DIFFER'
            when
                (case when po_account_code is null then 0 else 1 end)
                + (case when invoice_account_code is null then 0 else 1 end)
                + (case when gl_account_code is null then 0 else 1 end) >= 2
                then 'SAME'
        end as shadow_code
    from coded
)

select * from final
