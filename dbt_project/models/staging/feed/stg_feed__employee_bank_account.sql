-- One row per bank account that an employee of a feed is paid to, latest version known (domain_rules 3.6.6).
with

latest as ({{ latest_known_version(source('raw_feed', 'employee_bank_account')) }}),

final as (
    select
        bank_account_id,
        employee_id,
        routing_number,
        account_number,
        iban,
        valid_from,
        valid_to,
        {{ origin_columns('feed', extension=extension_with({
            'account_last4': 'coalesce(iban_last4, account_number_last4)',
            'account_verdict': 'coalesce(account_number_verdict, iban_verdict)',
        })) }}
    from latest
)

select * from final
