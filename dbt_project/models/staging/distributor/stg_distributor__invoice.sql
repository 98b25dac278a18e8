-- One row per 810 of a distributor, latest version known, signed.
with

latest as ({{ latest_known_version(source('raw_distributor', 'invoice')) }}),

final as (
    select
        sender,
        receiver,
        interchange_number,
        group_number,
        set_number,
        invoice_number,
        case
            when {{ x12_is_credit('invoice_type') }} then 'CREDIT'
            when invoice_type = 'DR' then 'DEBIT'
            else 'INVOICE'
        end as invoice_type,
        invoice_date,
        due_date,
        po_number,
        order_date,
        coalesce(upper(currency), 'USD') as currency_code,
        coalesce(seller, remit_to) as seller_id,
        coalesce(seller_name, remit_to_name) as seller_name,
        ship_to,
        original_invoice_number,
        {{ money(divide(
            'case when ' ~ x12_is_credit('invoice_type') ~ ' then -total_cents else total_cents end', '100', 2
        )) }} as gross_amount,
        sent_at as received_at,
        {{ origin_columns('distributor', recorded_at='sent_at') }}
    from latest
)

select * from final
