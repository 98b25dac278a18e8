-- One row per payment of the legacy ERP, latest version known.
with

latest as ({{ latest_known_version(source('raw_erp_legacy', 'payment_tbl')) }}),

final as (
    select
        pymnt_id as payment_id,
        pymnt_id as payment_number,
        remit_vendor as supplier_id,
        upper(pymnt_method) as method,
        pymnt_dt as payment_date,
        upper(currency_pymnt) as currency_code,
        pymnt_amt as amount,
        case when pymnt_status = 'V' then 'VOID' else 'CLEARED' end as status,
        {{ origin_columns('erp_legacy', recorded_at='coalesce(entered_dttm, last_dttm_update)') }}
    from latest
)

select * from final
