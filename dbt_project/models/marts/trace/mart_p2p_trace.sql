-- One row per PO line: where it stands in procurement, inventory, accounts payable and the ledger, on one trace (domain_rules 3.12, 3.14).
with

order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
vectors as (select * from {{ ref('rec_purchase_order_line_vs_state_combination') }}),
accruals as (select * from {{ ref('rec_receipt_vs_invoice') }}),
receipts as (select * from {{ ref('fct_receipt_line') }}),
source_rows as (select * from {{ ref('fct_source_row') }} where row_role = 'REPLICA'),
suppliers as (select * from {{ ref('dim_supplier') }}),

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
        vectors.line_state,
        vectors.order_state,
        nullif(vectors.overlay_flags, '') as overlay_flags,
        vectors.inventory_state,
        vectors.payables_state,
        vectors.ledger_state,
        vectors.state_verdict,
        vectors.state_owner_role,
        vectors.state_words,
        coalesce(accruals.accrual_class, 'SETTLED') as accrual_class,
        copied_orders.fact_key is not null as is_order_in_erp,
        coalesce(copied_receipts.copied_count, 0) as receipts_in_erp,
        vectors.receipt_count,
        vectors.invoice_line_count,
        order_lines.base_uom_code,
        order_lines.ordered_quantity,
        coalesce(accruals.received_quantity, 0) as received_quantity,
        coalesce(accruals.billed_quantity, 0) as invoiced_quantity,
        order_lines.currency_code,
        order_lines.line_amount as ordered_amount,
        vectors.invoiced_amount,
        vectors.paid_amount,
        vectors.ledger_receipt_amount,
        vectors.ledger_invoice_amount,
        vectors.first_receipt_date,
        vectors.last_receipt_date,
        vectors.last_invoice_date,
        vectors.payment_date,
        vectors.is_paid
        and (vectors.inventory_state = 'NOT_EXPECTED' or vectors.receipt_count > 0)
        and (
            order_lines.match_category = '2WAY'
            or vectors.ledger_state = 'NOT_READ'
            or vectors.ledger_invoice_amount <> 0
        )
            as is_complete
    from order_lines
    inner join vectors on order_lines.purchase_order_line_key = vectors.purchase_order_line_key
    left join accruals on order_lines.purchase_order_line_key = accruals.purchase_order_line_key
    left join copied as copied_orders
        on
            copied_orders.entity = 'purchase_order_line'
            and order_lines.purchase_order_line_key = copied_orders.fact_key
    left join copied_receipts on order_lines.purchase_order_line_key = copied_receipts.purchase_order_line_key
    left join suppliers on order_lines.supplier_key = suppliers.supplier_key
)

select * from final
