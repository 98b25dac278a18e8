-- One row per receipt or invoice and ledger that posted it, with the ledger that owns such postings (domain_rules 3.13).
with

postings as (select * from {{ ref('int_posting__ledger') }} where posted_amount > 0),
invoices as (select * from {{ ref('fct_invoice') }}),
receipts as (select * from {{ ref('fct_receipt_line') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
owners as (select * from {{ ref('stg_landscape__posting_owner') }}),

-- A bill of several orders belongs with the first of them.
billed as (
    select
        lines.invoice_key,
        min(order_lines.ordered_date) as ordered_date
    from {{ ref('fct_invoice_line') }} as lines
    inner join order_lines on lines.purchase_order_line_key = order_lines.purchase_order_line_key
    group by lines.invoice_key
),

documents as (
    select
        'invoice' as entity_type,
        'INVOICE' as doc_class,
        invoices.invoice_key as document_key,
        invoices.source_instance,
        invoices.native_id,
        invoices.invoice_number as business_key,
        invoices.legal_entity_code,
        invoices.supplier_key,
        cast(null as string) as facility_code,
        cast(null as string) as purchase_order_line_key,
        invoices.invoice_key,
        billed.ordered_date,
        abs(invoices.gross_amount) as document_amount
    from invoices
    left join billed on invoices.invoice_key = billed.invoice_key
    union all
    select
        'receipt_line' as entity_type,
        'RECEIPT' as doc_class,
        receipts.receipt_line_key as document_key,
        receipts.source_instance,
        receipts.native_id,
        coalesce(receipts.receipt_number || '|' || cast(receipts.line_number as string), receipts.native_id)
            as business_key,
        order_lines.legal_entity_code,
        order_lines.supplier_key,
        receipts.facility_code,
        receipts.purchase_order_line_key,
        cast(null as string) as invoice_key,
        order_lines.ordered_date,
        cast(null as decimal(18, 2)) as document_amount
    from receipts
    left join order_lines on receipts.purchase_order_line_key = order_lines.purchase_order_line_key
),

-- During a move the ledger that took an order may keep what follows from it; otherwise the day of the posting decides.
owned as (
    select
        documents.*,
        postings.source_instance as ledger_instance,
        postings.currency_code,
        postings.posted_amount,
        postings.posted_on,
        postings.journal_id,
        postings.conversion_journal_id,
        owners.target_instance as owner_instance,
        row_number() over (
            partition by postings.entity_type, postings.document_key, postings.source_instance
            order by (owners.legal_entity_code is null), owners.valid_from desc nulls last
        ) as preference
    from postings
    inner join documents
        on postings.entity_type = documents.entity_type and postings.document_key = documents.document_key
    left join owners
        on
            documents.doc_class = owners.doc_class
            and coalesce(documents.legal_entity_code = owners.legal_entity_code, owners.legal_entity_code is null)
            and {{ in_interval(
                "case when owners.open_item_rule = 'FOLLOWS_ORDER' then coalesce(documents.ordered_date, "
                ~ "postings.posted_on) else postings.posted_on end", 'owners.valid_from', 'owners.valid_to') }}
),

final as (
    select
        entity_type,
        source_instance,
        native_id,
        ledger_instance,
        document_key,
        business_key,
        legal_entity_code,
        supplier_key,
        facility_code,
        purchase_order_line_key,
        invoice_key,
        ordered_date,
        posted_on,
        posted_amount,
        document_amount,
        currency_code,
        journal_id,
        conversion_journal_id,
        owner_instance,
        ledger_instance = owner_instance as is_owner
    from owned
    where preference = 1
)

select * from final
