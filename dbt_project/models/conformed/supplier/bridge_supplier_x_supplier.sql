-- One row per two golden suppliers with one valid tax id under different names: branch, parent or the same (rule S2).
with

records as (select * from {{ ref('dim_supplier_record') }}),
referred as (select supplier_key, source_instance || '|' || native_id as reference from records),
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
        lefts.reference || '~' || rights.reference as own_key,
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

-- A decision about two records holds for the suppliers they are now part of, whichever records stand for these.
decided as (
    select
        decisions.*,
        least(lefts.supplier_key, rights.supplier_key) as first_key,
        greatest(lefts.supplier_key, rights.supplier_key) as second_key,
        row_number() over (
            partition by
                least(lefts.supplier_key, rights.supplier_key), greatest(lefts.supplier_key, rights.supplier_key)
            order by decisions.seq desc nulls last
        ) as recency
    from decisions
    inner join referred as lefts on split_part(decisions.subject_key, '~', 1) = lefts.reference
    inner join referred as rights on split_part(decisions.subject_key, '~', 2) = rights.reference
    where lefts.supplier_key <> rights.supplier_key
),

final as (
    select
        coalesce(decided.subject_key, paired.own_key) as pair_key,
        paired.valid_tax_id,
        paired.tax_id_last4,
        paired.left_supplier_key,
        paired.left_source_instance,
        paired.left_native_id,
        paired.left_name,
        paired.right_supplier_key,
        paired.right_source_instance,
        paired.right_native_id,
        paired.right_name,
        decided.decision,
        decided.actor as decided_by,
        decided.decided_at,
        decided.reason
    from paired
    left join decided
        on
            least(paired.left_supplier_key, paired.right_supplier_key) = decided.first_key
            and greatest(paired.left_supplier_key, paired.right_supplier_key) = decided.second_key
            and decided.recency = 1
)

select * from final
