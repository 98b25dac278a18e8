-- One row per PO line: where it stands in procurement, inventory, accounts payable and the ledger, on one trace (domain_rules 3.12, 3.14).
with

order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
billing as (select * from {{ ref('int_p2p_trace__billing') }}),
accruals as (select * from {{ ref('rec_receipt_vs_invoice') }}),
receipts as (select * from {{ ref('fct_receipt_line') }}),
postings as (select * from {{ ref('fct_gl_posting') }} where purchase_order_line_key is not null),
source_rows as (select * from {{ ref('fct_source_row') }} where row_role = 'REPLICA'),
matches as (select * from {{ ref('rec_invoice_line_vs_purchase_order_line') }}),
suppliers as (select * from {{ ref('dim_supplier') }}),

received as (
    select
        purchase_order_line_key,
        min(case when receipt_type = 'RECEIPT' then business_date end) as first_receipt_date,
        max(case when receipt_type = 'RECEIPT' then business_date end) as last_receipt_date,
        nullif(sum(case when receipt_type = 'RECEIPT' then 1 else 0 end), 0) as receipt_count
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
        sum(case when subledger_type = 'INVOICE' then debit_amount - credit_amount else 0 end) as invoice_amount
    from postings
    group by purchase_order_line_key
),

ledgers as (select count(*) as posting_count from postings),

copied as (select entity, fact_key from source_rows group by entity, fact_key),

copied_receipts as (
    select
        receipts.purchase_order_line_key,
        count(*) as copied_count
    from receipts
    inner join copied on copied.entity = 'receipt_line' and receipts.receipt_line_key = copied.fact_key
    where receipts.receipt_type = 'RECEIPT'
    group by receipts.purchase_order_line_key
),

-- What a line of its kind should have: goods where they are expected, a bill, its payment, and a ledger that knows both.
final as (
    select
        {{ concord_key(["'purchase_order_line'", 'order_lines.purchase_order_line_key']) }} as trace_id,
        order_lines.source_instance,
        order_lines.native_id,
        order_lines.po_number,
        order_lines.line_number as po_line_number,
        order_lines.legal_entity_code,
        order_lines.facility_code,
        suppliers.supplier_name,
        order_lines.item_key,
        order_lines.ordered_date,
        coalesce(order_lines.line_status, order_lines.po_status) as procurement_state,
        case
            when coalesce(received.receipt_count, 0) = 0 then 'NOT_RECEIVED'
            when accruals.received_quantity < order_lines.ordered_quantity then 'PARTIALLY_RECEIVED'
            else 'RECEIVED'
        end as inventory_state,
        case
            when billing.invoice_line_count is null then 'NOT_INVOICED'
            when billing.is_paid then 'PAID'
            when held.worst = 2 then 'EXCEPTION'
            when held.worst = 1 then 'WAITING'
            when billing.is_posted then 'POSTED'
            else 'RECEIVED'
        end as payables_state,
        coalesce(accruals.accrual_class, 'SETTLED') as accrual_class,
        copied_orders.fact_key is not null as is_order_in_erp,
        coalesce(copied_receipts.copied_count, 0) as receipts_in_erp,
        coalesce(received.receipt_count, 0) as receipt_count,
        coalesce(billing.invoice_line_count, 0) as invoice_line_count,
        order_lines.base_uom_code,
        order_lines.ordered_quantity,
        coalesce(accruals.received_quantity, 0) as received_quantity,
        coalesce(accruals.billed_quantity, 0) as invoiced_quantity,
        order_lines.currency_code,
        order_lines.line_amount as ordered_amount,
        {{ money('coalesce(billing.invoiced_amount, 0)') }} as invoiced_amount,
        {{ money('coalesce(billing.paid_amount, 0)') }} as paid_amount,
        {{ money('coalesce(ledger.receipt_amount, 0)') }} as ledger_receipt_amount,
        {{ money('coalesce(ledger.invoice_amount, 0)') }} as ledger_invoice_amount,
        received.first_receipt_date,
        received.last_receipt_date,
        billing.last_invoice_date,
        billing.payment_date,
        coalesce(billing.is_paid, false)
        and (order_lines.match_category in ('2WAY', 'BILL_ONLY', 'CONSIGNMENT') or received.receipt_count is not null)
        and (order_lines.match_category = '2WAY' or ledgers.posting_count = 0 or ledger.invoice_amount <> 0)
            as is_complete
    from order_lines
    cross join ledgers
    left join accruals on order_lines.purchase_order_line_key = accruals.purchase_order_line_key
    left join billing on order_lines.purchase_order_line_key = billing.purchase_order_line_key
    left join received on order_lines.purchase_order_line_key = received.purchase_order_line_key
    left join held on order_lines.purchase_order_line_key = held.purchase_order_line_key
    left join ledger on order_lines.purchase_order_line_key = ledger.purchase_order_line_key
    left join copied as copied_orders
        on
            copied_orders.entity = 'purchase_order_line'
            and order_lines.purchase_order_line_key = copied_orders.fact_key
    left join copied_receipts on order_lines.purchase_order_line_key = copied_receipts.purchase_order_line_key
    left join suppliers on order_lines.supplier_key = suppliers.supplier_key
)

select * from final
