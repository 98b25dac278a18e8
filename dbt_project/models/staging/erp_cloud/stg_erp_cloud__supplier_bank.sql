-- One row per bank account of a supplier of the cloud ERP, latest version known.
with

latest as ({{ latest_known_version(source('raw_erp_cloud', 'supplier_bank')) }}),

final as (
    select
        _row_key as bank_account_id,
        business_partner as supplier_id,
        bank_number as routing_number,
        bank_account as account_number,
        iban,
        bank_account_holder_name as payee_name,
        validity_start_date as valid_from,
        validity_end_date as valid_to,
        {{ origin_columns('erp_cloud', extension=extension_with({
            'bank_country': 'bank_country_key',
            'routing_number_last4': 'bank_number_last4',
            'routing_number_verdict': 'bank_number_verdict',
            'account_number_last4': 'bank_account_last4',
            'account_number_verdict': 'bank_account_verdict',
            'iban_last4': 'iban_last4',
            'iban_verdict': 'iban_verdict',
        })) }}
    from latest
)

select * from final
