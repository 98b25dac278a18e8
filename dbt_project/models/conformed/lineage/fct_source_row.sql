-- One row per canonical document row and what became of it: FACT, REPLICA, LATER than as_of, DELETED or ORPHAN (no header).
with

purchase_order_lines as (select * from {{ ref('can_purchase_order_line') }}),
purchase_orders as (select * from {{ ref('can_purchase_order') }}),
receipt_lines as (select * from {{ ref('can_receipt_line') }}),
order_documents as (select * from {{ ref('int_purchase_order_line__document') }}),
receipt_documents as (select * from {{ ref('int_receipt_line__document') }}),
payable_rows as (select * from {{ ref('int_source_row__payable') }}),

of_orders as (
    select
        'purchase_order_line' as entity,
        purchase_order_lines.purchase_order_line_key as source_row_key,
        purchase_order_lines.source_instance,
        purchase_order_lines.native_id,
        purchase_order_lines.is_deleted,
        order_documents.is_fact,
        order_documents.is_as_of,
        order_documents.fact_key,
        order_documents.supplier_key,
        purchase_orders.currency_code,
        purchase_order_lines.line_amount as amount
    from purchase_order_lines
    left join order_documents
        on purchase_order_lines.purchase_order_line_key = order_documents.purchase_order_line_key
    left join purchase_orders
        on
            purchase_order_lines.source_instance = purchase_orders.source_instance
            and purchase_order_lines.po_id = purchase_orders.native_id
),

of_receipts as (
    select
        'receipt_line' as entity,
        receipt_lines.receipt_line_key as source_row_key,
        receipt_lines.source_instance,
        receipt_lines.native_id,
        receipt_lines.is_deleted,
        receipt_documents.is_fact,
        receipt_documents.is_as_of,
        receipt_documents.fact_key,
        cast(null as string) as supplier_key,
        cast(null as string) as currency_code,
        {{ money('receipt_lines.quantity') }} as amount
    from receipt_lines
    left join receipt_documents on receipt_lines.receipt_line_key = receipt_documents.receipt_line_key
),

united as (
    select * from of_orders
    union all
    select * from of_receipts
    union all
    select * from payable_rows
),

final as (
    select
        source_row_key,
        entity,
        source_instance,
        native_id,
        case
            when is_deleted then 'DELETED'
            when is_fact is null then 'ORPHAN'
            when not coalesce(is_as_of, false) then 'LATER'
            when is_fact then 'FACT'
            else 'REPLICA'
        end as row_role,
        fact_key,
        supplier_key,
        currency_code,
        amount
    from united
)

select * from final
