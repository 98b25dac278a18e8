-- One row per PO line: its state in procurement, inventory, accounts payable and the ledger, side by side (domain_rules 3.12).
with

order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
lines as (select * from {{ ref('int_lifecycle__line') }}),
billing as (select * from {{ ref('int_lifecycle__billing') }}),
quantities as (select * from {{ ref('int_accrual__billing') }}),
receipts as (select * from {{ ref('fct_receipt_line') }} where receipt_type = 'RECEIPT'),
postings as (select * from {{ ref('fct_gl_posting') }} where purchase_order_line_key is not null),
matches as (select * from {{ ref('rec_invoice_line_vs_purchase_order_line') }}),

received as (
    select
        purchase_order_line_key,
        min(business_date) as first_receipt_date,
        max(business_date) as last_receipt_date,
        count(*) as receipt_count
    from receipts
    group by purchase_order_line_key
),

held as (
    select
        purchase_order_line_key,
        max(case match_status when 'EXCEPTION' then 2 when 'WAITING' then 1 else 0 end) as worst
    from matches
    group by purchase_order_line_key
),

ledger as (
    select
        purchase_order_line_key,
        sum(case when subledger_type = 'RECEIPT' then credit_amount else 0 end) as receipt_amount,
        sum(case when subledger_type = 'INVOICE' then debit_amount - credit_amount else 0 end) as invoice_amount,
        max(case when subledger_type = 'RECEIPT' then 1 else 0 end) as has_receipt,
        max(case when subledger_type = 'INVOICE' then 1 else 0 end) as has_invoice
    from postings
    group by purchase_order_line_key
),

ledgers as (select count(*) as posting_count from postings),

final as (
    select
        order_lines.purchase_order_line_key,
        lines.line_state,
        lines.order_state,
        lines.overlay_flags,
        case
            when order_lines.line_status = 'CANCELLED' or order_lines.po_status = 'CANCELLED' then 'CANCELLED'
            when order_lines.po_status in ('DRAFT', 'PENDING_APPROVAL') then 'PLANNED'
            when order_lines.line_status = 'CLOSED' or order_lines.po_status = 'CLOSED' then 'CLOSED'
            when order_lines.line_status = 'RECEIVED' then 'RECEIVED'
            else 'OPEN'
        end as procurement_phase,
        case
            when received.receipt_count > 0 and quantities.received_quantity < order_lines.ordered_quantity
                then 'PARTIALLY_RECEIVED'
            when received.receipt_count > 0 then 'RECEIVED'
            when {{ needs_receipt('order_lines.match_category') }} or order_lines.match_category = 'BILL_AND_REPLACE'
                then 'NOT_RECEIVED'
            else 'NOT_EXPECTED'
        end as inventory_state,
        case
            when billing.invoice_line_count is null then 'NOT_INVOICED'
            when billing.is_paid then 'PAID'
            when held.worst = 2 then 'EXCEPTION'
            when held.worst = 1 then 'WAITING'
            when billing.is_posted then 'POSTED'
            else 'RECEIVED'
        end as payables_state,
        case
            when ledgers.posting_count = 0 then 'NOT_READ'
            when coalesce(ledger.has_receipt, 0) = 1 and ledger.has_invoice = 1 then 'RECEIPT_AND_INVOICE'
            when ledger.has_receipt = 1 then 'RECEIPT'
            when ledger.has_invoice = 1 then 'INVOICE'
            else 'EMPTY'
        end as ledger_state,
        coalesce(received.receipt_count, 0) as receipt_count,
        received.first_receipt_date,
        received.last_receipt_date,
        coalesce(billing.invoice_line_count, 0) as invoice_line_count,
        {{ money('coalesce(billing.invoiced_amount, 0)') }} as invoiced_amount,
        {{ money('coalesce(billing.paid_amount, 0)') }} as paid_amount,
        billing.last_invoice_date,
        billing.payment_date,
        coalesce(billing.is_paid, false) as is_paid,
        {{ money('coalesce(ledger.receipt_amount, 0)') }} as ledger_receipt_amount,
        {{ money('coalesce(ledger.invoice_amount, 0)') }} as ledger_invoice_amount
    from order_lines
    inner join lines on order_lines.purchase_order_line_key = lines.purchase_order_line_key
    inner join quantities on order_lines.purchase_order_line_key = quantities.purchase_order_line_key
    cross join ledgers
    left join billing on order_lines.purchase_order_line_key = billing.purchase_order_line_key
    left join received on order_lines.purchase_order_line_key = received.purchase_order_line_key
    left join held on order_lines.purchase_order_line_key = held.purchase_order_line_key
    left join ledger on order_lines.purchase_order_line_key = ledger.purchase_order_line_key
)

select * from final
