-- One row per general-ledger account and validity interval of the cloud ERP, latest version known.
with

latest as ({{ latest_known_version(source('raw_erp_cloud', 'gl_account')) }}),

final as (
    select
        gl_account as account_code,
        gl_account_name as name,
        upper(gl_account_group) as account_type,
        not coalesce(account_is_blocked_for_posting, false) as is_postable,
        validity_start_date as valid_from,
        validity_end_date as valid_to,
        {{ origin_columns('erp_cloud', extension=extension_with({'chart_of_accounts': 'chart_of_accounts'})) }}
    from latest
)

select * from final
