-- One row per published payment line with the published sign.
with

payment_lines as ({{ uk_spend_payment_lines() }}),

final as (
    select
        native_id as invoice_line_id,
        invoice_id,
        account_name as description,
        amount as line_amount,
        account_code,
        cost_center_code,
        'uk_spend' as source_system,
        source_instance,
        native_id,
        cast(null as timestamp) as source_recorded_at,
        cast(null as bigint) as source_version,
        is_deleted,
        known_at as ingested_at,
        record_hash,
        extension,
        known_at as known_from
    from payment_lines
)

select * from final
