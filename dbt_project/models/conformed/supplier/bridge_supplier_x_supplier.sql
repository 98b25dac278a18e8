-- One row per two golden suppliers that may be one, or two records of one that may not, and what a steward said.
with

records as (select *, source_instance || '|' || native_id as reference from {{ ref('dim_supplier_record') }}),
pairs as (select * from {{ ref('int_supplier__pair') }}),
decisions as (select * from {{ ref('can_decision') }} where subject_type = 'SUPPLIER_PAIR'),

-- The two sides in the order of their references, which is how a decision names them.
paired as (
    select
        pairs.*,
        lefts.reference || '~' || rights.reference as own_key,
        lefts.supplier_key as left_supplier_key,
        lefts.source_instance as left_source_instance,
        lefts.native_id as left_native_id,
        lefts.legal_name as left_name,
        rights.supplier_key as right_supplier_key,
        rights.source_instance as right_source_instance,
        rights.native_id as right_native_id,
        rights.legal_name as right_name
    from pairs
    inner join records as lefts on lefts.supplier_record_key in (pairs.left_record_key, pairs.right_record_key)
    inner join records as rights
        on
            rights.supplier_record_key in (pairs.left_record_key, pairs.right_record_key)
            and lefts.reference < rights.reference
),

-- A decision about two records holds for the suppliers they are now part of, whichever records stand for these; about
-- two records of one supplier it says that they belong there.
decided as (
    select
        decisions.*,
        least(lefts.supplier_key, rights.supplier_key) as first_key,
        greatest(lefts.supplier_key, rights.supplier_key) as second_key,
        row_number() over (
            partition by
                least(lefts.supplier_key, rights.supplier_key),
                greatest(lefts.supplier_key, rights.supplier_key),
                case when lefts.supplier_key = rights.supplier_key then decisions.subject_key end
            order by decisions.seq desc nulls last
        ) as recency
    from decisions
    inner join records as lefts on split_part(decisions.subject_key, '~', 1) = lefts.reference
    inner join records as rights on split_part(decisions.subject_key, '~', 2) = rights.reference
),

final as (
    select
        coalesce(decided.subject_key, paired.own_key) as pair_key,
        paired.rule_code,
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
        paired.match_reason,
        paired.match_weight,
        paired.relationship,
        paired.match_evidence,
        paired.asked_at,
        decided.decision,
        decided.actor as decided_by,
        decided.decided_at,
        decided.reason
    from paired
    left join decided
        on
            paired.first_key = decided.first_key
            and paired.second_key = decided.second_key
            and (paired.first_key <> paired.second_key or paired.own_key = decided.subject_key)
            and decided.recency = 1
)

select * from final
