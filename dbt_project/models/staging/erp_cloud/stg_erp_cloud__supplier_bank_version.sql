-- One row per version known of a bank account of a supplier of the cloud ERP.
with

versions as ({{ known_versions(source('raw_erp_cloud', 'supplier_bank')) }}),

final as (
    select
        _row_key as bank_account_id,
        _row_key as record_id,
        cast(_version as bigint) as version_number,
        business_partner as supplier_id,
        cast(null as string) as site_id,
        bank_number as routing_number,
        bank_account as account_number,
        iban,
        bank_account_holder_name as payee_name,
        validity_start_date as valid_from,
        validity_end_date as valid_to,
        cast(null as string) as changed_by,
        cast(null as timestamp) as changed_at,
        {{ origin_columns('erp_cloud', key=native_id(['_row_key', '_version']), extension=extension_with({
            'account_last4': 'coalesce(iban_last4, bank_account_last4)',
            'account_verdict': 'coalesce(bank_account_verdict, iban_verdict)',
        })) }}
    from versions
)

select * from final
