-- One row per transaction and payment date: the payment that was published.
with

payment_lines as ({{ uk_spend_payment_lines() }}),

payments as (
    select
        source_instance,
        invoice_id as payment_id,
        invoice_number as payment_number,
        payment_date,
        min(supplier_id) as supplier_id,
        min(entity) as legal_entity_code,
        {{ uk_spend_summary() }}
    from payment_lines
    group by source_instance, invoice_id, invoice_number, payment_date
),

final as (
    select
        payment_id,
        payment_number,
        supplier_id,
        legal_entity_code,
        payment_date,
        'GBP' as currency_code,
        net_amount as amount,
        'CLEARED' as status,
        {{ uk_spend_origin('payment_id', [
            'payment_number', 'payment_date', 'supplier_id', 'legal_entity_code', 'net_amount',
        ]) }}
    from payments
)

select * from final
