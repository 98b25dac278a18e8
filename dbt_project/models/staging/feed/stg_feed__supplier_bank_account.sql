-- One row per version of a supplier's bank account of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'supplier_bank_account')) }}),

final as (
    select
        bank_account_id,
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
        {{ origin_columns('feed', extension=extension_with({
            'routing_number_last4': 'routing_number_last4',
            'routing_number_verdict': 'routing_number_verdict',
            'account_number_last4': 'account_number_last4',
            'account_number_verdict': 'account_number_verdict',
            'iban_last4': 'iban_last4',
            'iban_verdict': 'iban_verdict',
        })) }}
    from latest
)

select * from final
