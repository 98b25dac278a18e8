-- One row per invoice or memo of the AP automation, latest version known.
with

latest as ({{ latest_known_version(source('raw_apauto', 'invoice')) }}),

final as (
    select
        invoice_id,
        invoice_number,
        case upper(document_type)
            when 'CREDIT_MEMO' then 'CREDIT'
            when 'DEBIT_MEMO' then 'DEBIT'
            else 'INVOICE'
        end as invoice_type,
        vendor_id as supplier_id,
        company_code as legal_entity_code,
        invoice_date,
        received_at,
        posting_date,
        upper(currency) as currency_code,
        case
            when upper(document_type) = 'CREDIT_MEMO' then -gross_amount
            else gross_amount
        end as gross_amount,
        case when upper(document_type) = 'CREDIT_MEMO' then -tax_amount else tax_amount end as tax_amount,
        case
            when upper(document_type) = 'CREDIT_MEMO' then -freight_amount
            else freight_amount
        end as freight_amount,
        case upper(status) when 'IN_WORKFLOW' then 'RECEIVED' else upper(status) end as status,
        upper(payment_terms) as payment_term_code,
        po_number,
        original_invoice_id,
        upper(credit_kind) as credit_kind,
        voided_at,
        'AP' as payment_channel,
        document_hash,
        {{ origin_columns('apauto', recorded_at='created_at', extension=extension_with({
            'vendor_name': 'vendor_name',
            'workflow_status': 'status',
            'updated_at': 'updated_at',
        })) }}
    from latest
)

select * from final
