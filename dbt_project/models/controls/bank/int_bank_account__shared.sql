-- One row per bank account in force that another supplier, none of the same house, is paid to as well (domain_rules 3.6.6); placeholders are no accounts.
with

periods as (select * from {{ ref('int_bank_account__period') }} where is_in_force and account_token is not null),
supplier_records as (select * from {{ ref('dim_supplier_record') }}),
decisions as (select * from {{ ref('can_decision') }} where subject_type = 'SUPPLIER_PAIR'),

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

latest as (
    select
        decisions.*,
        row_number() over (partition by subject_key order by seq desc nulls last) as recency
    from decisions
),

-- A site or subsidiary may be paid to the account of the house it belongs to.
related as (
    select
        lefts.supplier_key as left_supplier_key,
        rights.supplier_key as right_supplier_key
    from latest
    inner join supplier_records as lefts
        on split_part(latest.subject_key, '~', 1) = lefts.source_instance || '|' || lefts.native_id
    inner join supplier_records as rights
        on split_part(latest.subject_key, '~', 2) = rights.source_instance || '|' || rights.native_id
    where latest.recency = 1 and latest.decision in ('SITE_OF', 'CHILD_OF')
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
    left join related
        on
            least(holders.supplier_key, others.supplier_key)
            = least(related.left_supplier_key, related.right_supplier_key)
            and greatest(holders.supplier_key, others.supplier_key)
            = greatest(related.left_supplier_key, related.right_supplier_key)
    where related.left_supplier_key is null
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
