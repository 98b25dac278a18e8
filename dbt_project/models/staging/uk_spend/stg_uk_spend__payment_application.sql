-- One row per published payment and the invoice it pays, which are one to one.
with

payment_lines as ({{ uk_spend_payment_lines() }}),

applications as (
    select
        source_instance,
        invoice_id,
        {{ uk_spend_summary() }}
    from payment_lines
    group by source_instance, invoice_id
),

final as (
    select
        invoice_id as payment_id,
        invoice_id,
        net_amount as amount,
        {{ uk_spend_origin(native_id(['invoice_id', 'invoice_id']), ['invoice_id', 'net_amount']) }}
    from applications
)

select * from final
