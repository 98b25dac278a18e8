-- One row per receipt line and posted invoice line of a PO line, valued at the order's price, beside what its ledger shows of it (domain_rules 3.9).
with

receipts as (
    select * from {{ ref('fct_receipt_line') }}
    where
        purchase_order_line_key is not null
        and ownership = 'OWNED'
        and receipt_type in ('RECEIPT', 'RETURN', 'VOID')
        and (receipt_type <> 'RETURN' or is_credit_expected)
),
states as (select * from {{ ref('int_accrual__receipt_line') }}),
invoice_lines as (
    select * from {{ ref('fct_invoice_line') }}
    where purchase_order_line_key is not null and coalesce(charge_class, 'GOODS') in ('GOODS', 'SERVICE')
),
invoices as (
    select * from {{ ref('fct_invoice') }}
    where not is_void and (posting_date is not null or status in ('POSTED', 'PAID'))
),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
postings as (select * from {{ ref('int_bridge__posting') }} where not is_foreign),

booked_receipts as (
    select
        receipt_line_key,
        sum(owed_amount) as owed_amount
    from postings
    where posting_kind = 'RECEIPT'
    group by receipt_line_key
),

booked_invoices as (
    select
        invoice_key,
        purchase_order_line_key,
        sum(owed_amount) as owed_amount
    from postings
    where posting_kind = 'INVOICE'
    group by invoice_key, purchase_order_line_key
),

-- A ledger books an invoice by PO line; so are its lines taken together.
billed as (
    select
        invoice_lines.invoice_key,
        invoice_lines.purchase_order_line_key,
        min(invoice_lines.source_instance) as source_instance,
        min(invoice_lines.native_id) as native_id,
        sum(case when invoices.credit_kind = 'PRICE' then 0 else coalesce(invoice_lines.invoiced_quantity, 0) end)
            as invoiced_quantity
    from invoice_lines
    inner join invoices on invoice_lines.invoice_key = invoices.invoice_key
    group by invoice_lines.invoice_key, invoice_lines.purchase_order_line_key
),

final as (
    select
        'receipt_line' as entity_type,
        receipts.receipt_line_key as document_key,
        receipts.source_instance,
        receipts.native_id,
        receipts.purchase_order_line_key,
        {{ extended_price('receipts.received_quantity', 'order_lines') }} as owed_amount,
        booked_receipts.owed_amount as ledger_amount,
        coalesce(states.is_past_grace, true) as is_past_grace,
        coalesce(receipts.unit_factor <> receipts.record_factor, false) as is_drifted
    from receipts
    inner join order_lines on receipts.purchase_order_line_key = order_lines.purchase_order_line_key
    left join booked_receipts on receipts.receipt_line_key = booked_receipts.receipt_line_key
    left join states on receipts.receipt_line_key = states.receipt_line_key
    union all
    select
        'invoice_line' as entity_type,
        {{ concord_key(['billed.invoice_key', 'billed.purchase_order_line_key']) }} as document_key,
        billed.source_instance,
        billed.native_id,
        billed.purchase_order_line_key,
        {{ extended_price('-billed.invoiced_quantity', 'order_lines') }} as owed_amount,
        booked_invoices.owed_amount as ledger_amount,
        true as is_past_grace,
        false as is_drifted
    from billed
    inner join order_lines on billed.purchase_order_line_key = order_lines.purchase_order_line_key
    left join booked_invoices
        on
            billed.invoice_key = booked_invoices.invoice_key
            and billed.purchase_order_line_key = booked_invoices.purchase_order_line_key
)

select * from final
