-- One row per account code; its latest name is its name.
with

payment_lines as ({{ uk_spend_payment_lines() }}),

names as (
    select
        source_instance,
        account_code,
        account_name,
        max(case when not is_deleted then payment_date end) as last_paid_on,
        {{ uk_spend_summary() }}
    from payment_lines
    group by source_instance, account_code, account_name
),

accounts as (
    select
        source_instance,
        account_code,
        account_name,
        row_number() over (
            partition by source_instance, account_code
            order by is_deleted, last_paid_on desc nulls last, account_name nulls last
        ) as recency,
        min(case when is_deleted then 1 else 0 end) over (partition by source_instance, account_code) = 1 as is_deleted,
        max(ingested_at) over (partition by source_instance, account_code) as ingested_at,
        min(known_from) over (partition by source_instance, account_code) as known_from
    from names
),

final as (
    select
        account_code,
        account_name as name,
        {{ uk_spend_origin(native_id(['account_code', 'null']), ['account_code', 'account_name']) }}
    from accounts
    where recency = 1
)

select * from final
