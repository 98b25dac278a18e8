-- One row per scheduled or made payment of a voucher of the legacy ERP, latest version known.
with

latest as ({{ latest_known_version(source('raw_erp_legacy', 'pymnt_vchr_xref')) }}),

final as (
    select
        pymnt_id as payment_id,
        {{ native_id(['business_unit', 'voucher_id']) }} as invoice_id,
        paid_amt as amount,
        dscnt_taken as discount_amount,
        due_dt as due_date,
        {{ origin_columns('erp_legacy') }}
    from latest
)

select * from final
