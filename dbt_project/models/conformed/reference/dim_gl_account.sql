-- One row per general-ledger account code, instance and interval.
with

accounts as (select * from {{ ref('can_gl_account') }} where not is_deleted),

final as (
    select
        gl_account_key,
        source_instance,
        account_code,
        name as account_name,
        account_type,
        is_postable,
        valid_from,
        valid_to
    from accounts
)

select * from final
