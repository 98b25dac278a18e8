-- One row per receipt whose value the ledger of its entity does not show at the cut-off, and where it may be accrued (domain_rules 3.9).
with

open_receipts as (select * from {{ ref('int_accrual__receipt_at_cutoff') }} where open_quantity > 0),
receipt_lines as (
    select * from {{ ref('int_accrual__receipt_line') }}
    where ledger_instance is not null and is_past_grace
),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
owners as (select * from {{ ref('int_accrual__owner') }} where doc_class = 'RECEIPT_NOT_REPLICATED'),
source_rows as (select * from {{ ref('fct_source_row') }} where entity = 'receipt_line' and row_role = 'REPLICA'),
copy_lines as (select * from {{ ref('can_receipt_line') }}),

copied as (
    select
        source_rows.fact_key as receipt_line_key,
        source_rows.source_instance,
        min(coalesce(copy_lines.posting_date, copy_lines.receipt_date)) as copied_on
    from source_rows
    inner join copy_lines on source_rows.source_row_key = copy_lines.receipt_line_key
    group by source_rows.fact_key, source_rows.source_instance
),

final as (
    select
        owners.doc_class,
        owners.source_instance as target_instance,
        order_lines.legal_entity_code,
        receipt_lines.source_instance,
        receipt_lines.native_id,
        receipt_lines.receipt_number || '|' || receipt_lines.receipt_line_number as document_number,
        'Not billed ' || receipt_lines.receipt_number as header_text,
        open_receipts.period_end,
        open_receipts.reversal_date,
        open_receipts.period_code,
        order_lines.po_number,
        order_lines.line_number as po_line_number,
        order_lines.currency_code,
        order_lines.cost_center_code,
        coalesce(order_lines.account_code, owners.offset_account_code) as debit_account_code,
        owners.account_code as credit_account_code,
        owners.materiality_floor,
        {{ extended_price('open_receipts.open_quantity', 'order_lines') }} as amount
    from open_receipts
    inner join receipt_lines on open_receipts.receipt_line_key = receipt_lines.receipt_line_key
    inner join order_lines on open_receipts.purchase_order_line_key = order_lines.purchase_order_line_key
    inner join owners
        on
            order_lines.legal_entity_code = owners.legal_entity_code
            and {{ in_interval('receipt_lines.business_date', 'owners.valid_from', 'owners.valid_to') }}
    left join copied
        on
            open_receipts.receipt_line_key = copied.receipt_line_key
            and receipt_lines.ledger_instance = copied.source_instance
            and open_receipts.period_end >= copied.copied_on
    where copied.receipt_line_key is null
)

select * from final
