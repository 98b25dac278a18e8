-- One row per version known of a supplier's bank account of a feed.
with

versions as ({{ known_versions(source('raw_feed', 'supplier_bank_account')) }}),

final as (
    select
        bank_account_id,
        _row_key as record_id,
        cast(_version as bigint) as version_number,
        supplier_id,
        site_id,
        routing_number,
        account_number,
        iban,
        payee_name,
        valid_from,
        valid_to,
        changed_by,
        changed_at,
        {{ origin_columns('feed', key=native_id(['_row_key', '_version']), extension=extension_with({
            'account_last4': 'coalesce(iban_last4, account_number_last4)',
            'account_verdict': 'coalesce(account_number_verdict, iban_verdict)',
        })) }}
    from versions
)

select * from final
