-- One row per drift of a unit and document line in it on its days: what was read, and what the factor of record makes of it (domain_rules 3.3.3).
with

drifts as (select * from {{ ref('int_item_unit__drift') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
receipt_lines as (select * from {{ ref('fct_receipt_line') }} where receipt_type in ('RECEIPT', 'RETURN', 'VOID')),
invoice_lines as (select * from {{ ref('fct_invoice_line') }} where charge_class = 'GOODS'),
invoices as (select * from {{ ref('fct_invoice') }} where not is_void),

-- An invoice counts in the unit of its order (domain_rules 3.3.1).
documents as (
    select
        'PURCHASE_ORDER_LINE' as document_type,
        purchase_order_line_key as document_key,
        source_instance,
        native_id,
        po_number as document_number,
        ordered_date as document_date,
        item_key,
        order_uom_code as uom_code,
        quantity,
        ordered_quantity as recorded_quantity,
        base_unit_price
    from order_lines
    union all
    select
        'RECEIPT_LINE' as document_type,
        receipt_lines.receipt_line_key as document_key,
        receipt_lines.source_instance,
        receipt_lines.native_id,
        receipt_lines.receipt_number as document_number,
        receipt_lines.business_date as document_date,
        receipt_lines.item_key,
        receipt_lines.uom_code,
        receipt_lines.quantity,
        receipt_lines.received_quantity as recorded_quantity,
        order_lines.base_unit_price
    from receipt_lines
    left join order_lines on receipt_lines.purchase_order_line_key = order_lines.purchase_order_line_key
    union all
    select
        'INVOICE_LINE' as document_type,
        invoice_lines.invoice_line_key as document_key,
        invoice_lines.source_instance,
        invoice_lines.native_id,
        invoices.invoice_number as document_number,
        coalesce(order_lines.ordered_date, invoices.invoice_date) as document_date,
        invoice_lines.item_key,
        invoice_lines.uom_code,
        invoice_lines.quantity,
        invoice_lines.invoiced_quantity as recorded_quantity,
        order_lines.base_unit_price
    from invoice_lines
    inner join invoices on invoice_lines.invoice_key = invoices.invoice_key
    left join order_lines on invoice_lines.purchase_order_line_key = order_lines.purchase_order_line_key
),

{% set corrected = quantity(product('documents.quantity', 'drifts.record_factor')) %}
final as (
    select
        drifts.subject_key,
        drifts.source_instance,
        drifts.item_id,
        drifts.item_key,
        drifts.source_uom_code,
        drifts.uom_code,
        drifts.master_instance,
        drifts.stated_factor,
        drifts.record_factor,
        drifts.ratio,
        drifts.valid_from,
        drifts.valid_to,
        coalesce(documents.document_type, 'NONE') as document_type,
        documents.document_key,
        documents.source_instance as document_instance,
        documents.native_id as document_native_id,
        documents.document_number,
        documents.document_date,
        documents.quantity,
        documents.recorded_quantity,
        {{ corrected }} as corrected_quantity,
        {{ quantity(corrected ~ ' - documents.recorded_quantity') }} as restated_quantity,
        {{ money(product('(' ~ corrected ~ ' - documents.recorded_quantity)', 'documents.base_unit_price')) }}
            as restated_amount
    from drifts
    left join documents
        on
            drifts.item_key = documents.item_key
            and drifts.uom_code = documents.uom_code
            and {{ in_interval('documents.document_date', 'drifts.valid_from', 'drifts.valid_to') }}
)

select * from final
