-- One row per transaction and payment date: the invoice that the published lines belong to.
with

payment_lines as ({{ uk_spend_payment_lines() }}),

invoices as (
    select
        source_instance,
        invoice_id,
        invoice_number,
        payment_date,
        min(supplier_id) as supplier_id,
        min(entity) as legal_entity_code,
        {{ uk_spend_summary() }}
    from payment_lines
    group by source_instance, invoice_id, invoice_number, payment_date
),

final as (
    select
        invoice_id,
        invoice_number,
        case when net_amount < 0 then 'CREDIT' else 'INVOICE' end as invoice_type,
        supplier_id,
        legal_entity_code,
        payment_date as invoice_date,
        payment_date as posting_date,
        'GBP' as currency_code,
        net_amount as gross_amount,
        'PAID' as status,
        {{ uk_spend_origin('invoice_id', [
            'invoice_number', 'payment_date', 'supplier_id', 'legal_entity_code', 'net_amount',
        ]) }}
    from invoices
)

select * from final
