-- One row per supplier record and reason to pay it nothing: the one place that gathers them (domain_rules 3.6.2, 3.6.6).
with

bank_changes as (select * from {{ ref('int_bank_change__state') }} where is_payment_held),
hits as (select * from {{ ref('rec_supplier_vs_screening_entry') }} where is_payment_held),
records as (select * from {{ ref('dim_supplier_record') }}),

-- A bank account is one record's; an exclusion is the supplier's, under whatever number it is paid.
reasons as (
    select
        source_instance,
        supplier_id,
        'BANK_CHANGE' as reason_code,
        subject_key
    from bank_changes
    union all
    select
        records.source_instance,
        records.native_id as supplier_id,
        'EXCLUSION' as reason_code,
        hits.subject_key
    from hits
    inner join records on hits.supplier_key = records.supplier_key
),

final as (
    select
        source_instance,
        supplier_id,
        reason_code,
        count(distinct subject_key) as subject_count,
        min(subject_key) as first_subject_key
    from reasons
    group by source_instance, supplier_id, reason_code
)

select * from final
