-- One row per invoice document, signed, with what its lines add up to.
with

documents as (select * from {{ ref('int_invoice__document') }} where is_fact and is_as_of),
invoices as (select * from {{ ref('can_invoice') }}),
lines as (select * from {{ ref('can_invoice_line') }} where not is_deleted),
run as (select * from {{ ref('stg_landscape__run') }}),

totals as (
    select
        source_instance,
        invoice_id,
        sum(line_amount) as lines_amount,
        sum(case when coalesce(charge_class, 'GOODS') in ('GOODS', 'SERVICE') then line_amount else 0 end)
            as merchandise_amount,
        sum(case when charge_class in ('TAX_SALES', 'TAX_USE') then 1 else 0 end) as tax_line_count,
        sum(case when charge_class = 'FREIGHT' then 1 else 0 end) as freight_line_count,
        count(*) as line_count
    from lines
    group by source_instance, invoice_id
),

final as (
    select
        documents.invoice_key,
        invoices.source_system,
        invoices.source_instance,
        invoices.native_id,
        invoices.invoice_number,
        invoices.invoice_type,
        invoices.supplier_id,
        documents.supplier_key,
        invoices.legal_entity_code,
        invoices.invoice_date,
        invoices.received_at,
        coalesce(invoices.received_at, invoices.source_recorded_at) as recorded_at,
        invoices.posting_date,
        documents.business_date,
        invoices.currency_code,
        invoices.gross_amount,
        {{ money('coalesce(totals.lines_amount, 0)') }} as lines_amount,
        {{ money('coalesce(totals.merchandise_amount, 0)') }} as merchandise_amount,
        {{ money('case when coalesce(totals.tax_line_count, 0) = 0 then coalesce(invoices.tax_amount, 0) else 0 end') }}
            as header_tax_amount,
        {{ money('case when coalesce(totals.freight_line_count, 0) = 0'
            ~ ' then coalesce(invoices.freight_amount, 0) else 0 end') }}
            as header_freight_amount,
        {{ money("coalesce(invoices.gross_amount, 0) - coalesce(totals.lines_amount, 0)"
            ~ " - case when coalesce(totals.tax_line_count, 0) = 0 then coalesce(invoices.tax_amount, 0) else 0 end"
            ~ " - case when coalesce(totals.freight_line_count, 0) = 0 then coalesce(invoices.freight_amount, 0) else 0 end") }}
            as residual_amount,
        cast(coalesce(totals.line_count, 0) as bigint) as line_count,
        invoices.status,
        {{ is_void('invoices', 'run') }} as is_void,
        invoices.po_number,
        invoices.original_invoice_id,
        invoices.credit_kind,
        invoices.document_hash,
        documents.is_replica_only
    from documents
    cross join run
    inner join invoices on documents.invoice_key = invoices.invoice_key
    left join totals on invoices.source_instance = totals.source_instance and invoices.native_id = totals.invoice_id
)

select * from final
