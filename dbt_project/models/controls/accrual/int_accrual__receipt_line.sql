-- One row per owned receipt of a PO line: what of it no invoice covers, and whether the ledger that should show it does (domain_rules 3.9).
with

receipts as (
    select * from {{ ref('fct_receipt_line') }}
    where purchase_order_line_key is not null and receipt_type = 'RECEIPT' and ownership = 'OWNED'
),
nets as (select * from {{ ref('fct_receipt_line_net') }}),
pairs as (select * from {{ ref('bridge_invoice_line_x_receipt_line') }}),
invoice_lines as (select * from {{ ref('fct_invoice_line') }}),
invoices as (select * from {{ ref('fct_invoice') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
source_rows as (select * from {{ ref('fct_source_row') }} where entity = 'receipt_line' and row_role = 'REPLICA'),
postings as (select * from {{ ref('fct_gl_posting') }}),
owners as (select * from {{ ref('int_accrual__owner') }}),
parameters as (
    select max(try_cast(value as decimal(18, 6))) as grace_hours
    from {{ ref('stg_landscape__parameter') }}
    where parameter_code = 'REPLICATION_GRACE_HOURS' and document_type = 'RECEIPT'
),
run as (select * from {{ ref('stg_landscape__run') }}),

covered as (
    select
        pairs.receipt_line_key,
        sum(pairs.allocated_quantity) as covered_quantity,
        sum(
            case
                when invoices.posting_date is not null or invoices.status in ('POSTED', 'PAID')
                    then pairs.allocated_quantity
                else 0
            end
        ) as posted_quantity
    from pairs
    inner join invoice_lines on pairs.invoice_line_key = invoice_lines.invoice_line_key
    inner join invoices on invoice_lines.invoice_key = invoices.invoice_key
    group by pairs.receipt_line_key
),

copied as (
    select fact_key as receipt_line_key, source_instance
    from source_rows
    group by fact_key, source_instance
),

ledgers as (select source_instance from postings group by source_instance),

credited as (
    select receipt_line_key, source_instance, account_code
    from postings
    where receipt_line_key is not null
    group by receipt_line_key, source_instance, account_code
    having sum(amount) < 0
),

final as (
    select
        receipts.receipt_line_key,
        receipts.purchase_order_line_key,
        receipts.source_instance,
        receipts.native_id,
        receipts.receipt_number,
        receipts.line_number as receipt_line_number,
        receipts.business_date,
        nets.net_quantity,
        {{ quantity('nets.net_quantity - coalesce(covered.covered_quantity, 0)') }} as grni_quantity,
        {{ quantity('nets.net_quantity - coalesce(covered.posted_quantity, 0)') }} as unposted_quantity,
        holders.source_instance as ledger_instance,
        copied.receipt_line_key is not null as is_copied,
        ledgers.source_instance is not null and credited.receipt_line_key is null as is_uncredited,
        coalesce(
            {{ seconds_between('receipts.recorded_at', 'run.as_of_ends_at') }}
            > coalesce(parameters.grace_hours, 0) * 3600,
            {{ days_between('receipts.business_date', 'run.as_of') }} * 24 > coalesce(parameters.grace_hours, 0)
        ) as is_past_grace
    from receipts
    cross join run
    cross join parameters
    inner join nets on receipts.receipt_line_key = nets.receipt_line_key
    inner join order_lines on receipts.purchase_order_line_key = order_lines.purchase_order_line_key
    left join covered on receipts.receipt_line_key = covered.receipt_line_key
    left join owners as holders
        on
            order_lines.legal_entity_code = holders.legal_entity_code
            and holders.doc_class = 'RECEIPT'
            and {{ in_interval('receipts.business_date', 'holders.valid_from', 'holders.valid_to') }}
    left join copied
        on receipts.receipt_line_key = copied.receipt_line_key and holders.source_instance = copied.source_instance
    left join ledgers on holders.source_instance = ledgers.source_instance
    left join credited
        on
            receipts.receipt_line_key = credited.receipt_line_key
            and holders.source_instance = credited.source_instance
            and holders.account_code = credited.account_code
)

select * from final
