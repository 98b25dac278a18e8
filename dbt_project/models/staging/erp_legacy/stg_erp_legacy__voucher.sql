-- One row per voucher of the legacy ERP, signed, latest version known.
with

latest as ({{ latest_known_version(source('raw_erp_legacy', 'voucher')) }}),

final as (
    select
        _row_key as invoice_id,
        invoice_id as invoice_number,
        case when voucher_style = 'ADJ' then 'CREDIT' else 'INVOICE' end as invoice_type,
        vendor_id as supplier_id,
        business_unit as legal_entity_code,
        invoice_dt as invoice_date,
        accounting_dt as posting_date,
        upper(txn_currency_cd) as currency_code,
        gross_amt as gross_amount,
        case when entry_status = 'X' then 'VOID' else 'POSTED' end as status,
        'AP' as payment_channel,
        {{ origin_columns(
            'erp_legacy',
            recorded_at='coalesce(entered_dttm, last_dttm_update)',
            extension=extension_with({'voucher_id': 'voucher_id', 'post_status_ap': 'post_status_ap'})
        ) }}
    from latest
)

select * from final
