-- One row per two golden suppliers with one valid tax id under different names: branch, parent or the same (rule S2).
with

records as (select * from {{ ref('dim_supplier_record') }}),
decisions as (select * from {{ ref('can_decision') }} where subject_type = 'SUPPLIER_PAIR'),

-- A golden supplier stands behind its anchor, or the first of its records that has the tax id.
carriers as (
    select
        records.*,
        records.source_instance || '|' || records.native_id as reference,
        row_number() over (
            partition by records.supplier_key, records.valid_tax_id
            order by (not records.is_anchor), records.source_instance, records.native_id
        ) as preference
    from records
    where records.valid_tax_id is not null
),

paired as (
    select
        lefts.reference || '~' || rights.reference as pair_key,
        lefts.valid_tax_id,
        lefts.tax_id_last4,
        lefts.supplier_key as left_supplier_key,
        lefts.source_instance as left_source_instance,
        lefts.native_id as left_native_id,
        lefts.legal_name as left_name,
        rights.supplier_key as right_supplier_key,
        rights.source_instance as right_source_instance,
        rights.native_id as right_native_id,
        rights.legal_name as right_name
    from carriers as lefts
    inner join carriers as rights
        on
            lefts.valid_tax_id = rights.valid_tax_id
            and lefts.supplier_key <> rights.supplier_key
            and lefts.reference < rights.reference
    where lefts.preference = 1 and rights.preference = 1
),

decided as (
    select
        decisions.*,
        row_number() over (partition by subject_key order by seq desc nulls last) as recency
    from decisions
),

final as (
    select
        paired.*,
        decided.decision,
        decided.actor as decided_by,
        decided.decided_at,
        decided.reason
    from paired
    left join decided on paired.pair_key = decided.subject_key and decided.recency = 1
)

select * from final
