-- One row per invoice or credit of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'invoice')) }}),

final as (
    select
        invoice_id,
        invoice_number,
        upper(invoice_type) as invoice_type,
        supplier_id,
        site_id,
        legal_entity_code,
        invoice_date,
        received_at,
        posting_date,
        upper(currency_code) as currency_code,
        case when upper(invoice_type) = 'CREDIT' then -gross_amount else gross_amount end as gross_amount,
        case when upper(invoice_type) = 'CREDIT' then -tax_amount else tax_amount end as tax_amount,
        case
            when upper(invoice_type) = 'CREDIT' then -freight_amount
            else freight_amount
        end as freight_amount,
        upper(status) as status,
        upper(payment_term_code) as payment_term_code,
        po_number,
        original_invoice_id,
        upper(credit_kind) as credit_kind,
        voided_at,
        upper(payment_channel) as payment_channel,
        document_hash,
        {{ origin_columns('feed', recorded_at='coalesce(_source_updated_at, received_at)') }}
    from latest
)

select * from final
