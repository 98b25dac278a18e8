-- One row per supplier invoice or credit memo of the cloud ERP, signed, latest version known.
with

latest as ({{ latest_known_version(source('raw_erp_cloud', 'supplier_invoice')) }}),

final as (
    select
        _row_key as invoice_id,
        supplier_invoice_id_by_invcg_party as invoice_number,
        case when coalesce(supplier_invoice_is_credit_memo, false) then 'CREDIT' else 'INVOICE' end as invoice_type,
        invoicing_party as supplier_id,
        company_code as legal_entity_code,
        document_date as invoice_date,
        posting_date,
        upper(document_currency) as currency_code,
        case
            when coalesce(supplier_invoice_is_credit_memo, false) then -invoice_gross_amount
            else invoice_gross_amount
        end as gross_amount,
        case when reverse_document is not null then 'VOID' else 'POSTED' end as status,
        'AP' as payment_channel,
        {{ origin_columns('erp_cloud', extension=extension_with({
            'supplier_invoice': 'supplier_invoice',
            'reverse_document': 'reverse_document',
        })) }}
    from latest
)

select * from final
