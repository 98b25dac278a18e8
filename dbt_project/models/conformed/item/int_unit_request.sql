-- One row per conversion that a document asks for: item, unit, day, and whose view of the unit comes first.
with

order_lines as (select * from {{ ref('int_purchase_order_line__document') }} where is_fact),
receipts as (select * from {{ ref('int_receipt_line__document') }} where is_fact),
invoice_documents as (select * from {{ ref('int_invoice__document') }} where is_fact),
invoice_lines as (select * from {{ ref('can_invoice_line') }} where not is_deleted),
invoices as (select * from {{ ref('can_invoice') }} where not is_deleted),
invoice_links as (select * from {{ ref('int_invoice_line__po_link') }}),
usage_events as (select * from {{ ref('int_usage_event__document') }} where is_fact),
item_keys as (select * from {{ ref('xref_item') }}),
units as (select * from {{ ref('xref_unit') }}),

receipts_with_order as (
    select
        receipts.source_instance,
        coalesce(receipts.item_key, order_lines.item_key) as item_key,
        order_lines.supplier_key,
        receipts.uom_code,
        receipts.business_date as on_date
    from receipts
    left join order_lines on receipts.purchase_order_line_key = order_lines.purchase_order_line_key
),

-- A linked invoice is read with its PO line's conversion, an unlinked one with its own (domain_rules 3.3.1).
invoiced as (
    select
        coalesce(order_lines.source_instance, invoice_lines.source_instance) as source_instance,
        coalesce(order_lines.item_key, item_keys.item_key) as item_key,
        coalesce(order_lines.supplier_key, invoice_documents.supplier_key) as supplier_key,
        units.uom_code,
        coalesce(order_lines.ordered_date, invoices.invoice_date) as on_date,
        order_lines.purchase_order_line_key is not null as prefers_record
    from invoice_lines
    inner join invoices
        on invoice_lines.source_instance = invoices.source_instance and invoice_lines.invoice_id = invoices.native_id
    inner join invoice_documents on invoices.invoice_key = invoice_documents.invoice_key
    inner join units
        on invoice_lines.source_instance = units.source_instance and invoice_lines.uom_code = units.source_code
    left join invoice_links on invoice_lines.invoice_line_key = invoice_links.invoice_line_key
    left join order_lines on invoice_links.purchase_order_line_key = order_lines.purchase_order_line_key
    left join item_keys
        on invoice_lines.source_instance = item_keys.source_instance and invoice_lines.item_id = item_keys.native_id
),

asked as (
    select
        source_instance,
        item_key,
        supplier_key,
        order_uom_code as uom_code,
        ordered_date as on_date,
        true as prefers_record
    from order_lines
    union all
    select
        source_instance,
        item_key,
        supplier_key,
        price_uom_code as uom_code,
        ordered_date as on_date,
        true as prefers_record
    from order_lines
    union all
    select source_instance, item_key, supplier_key, uom_code, on_date, false as prefers_record from receipts_with_order
    union all
    select source_instance, item_key, supplier_key, uom_code, on_date, true as prefers_record from receipts_with_order
    union all
    select source_instance, item_key, supplier_key, uom_code, on_date, prefers_record from invoiced
    union all
    select
        source_instance,
        item_key,
        cast(null as string) as supplier_key,
        uom_code,
        used_on as on_date,
        true as prefers_record
    from usage_events
    where uom_code is distinct from base_uom_code
),

final as (
    select
        {{ unit_request_key('asked') }} as unit_request_key,
        asked.source_instance,
        asked.item_key,
        asked.supplier_key,
        asked.uom_code,
        asked.on_date,
        asked.prefers_record
    from asked
    where asked.uom_code is not null
    group by
        asked.source_instance,
        asked.item_key,
        asked.supplier_key,
        asked.uom_code,
        asked.on_date,
        asked.prefers_record
)

select * from final
