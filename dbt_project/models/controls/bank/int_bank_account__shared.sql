-- One row per bank account in force that another supplier is paid to as well (domain_rules 3.6.6); placeholders are no accounts.
with

periods as (select * from {{ ref('int_bank_account__period') }} where is_in_force and account_token is not null),
supplier_records as (select * from {{ ref('dim_supplier_record') }}),

-- One supplier may stand in several records; only two suppliers share.
holders as (
    select
        periods.bank_period_key,
        periods.source_instance,
        periods.record_id,
        periods.supplier_id,
        periods.account_token,
        periods.account_last4,
        periods.started_at,
        supplier_records.supplier_key,
        supplier_records.legal_name
    from periods
    inner join supplier_records
        on
            periods.source_instance = supplier_records.source_instance
            and periods.supplier_id = supplier_records.native_id
),

pairs as (
    select
        holders.*,
        others.legal_name as other_name,
        row_number() over (
            partition by holders.source_instance, holders.record_id
            order by holders.started_at desc nulls last, others.legal_name, others.bank_period_key
        ) as preference
    from holders
    inner join holders as others
        on holders.account_token = others.account_token and holders.supplier_key <> others.supplier_key
),

final as (
    select
        source_instance,
        record_id,
        supplier_key,
        legal_name,
        account_last4,
        other_name
    from pairs
    where preference = 1
)

select * from final
