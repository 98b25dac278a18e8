-- One row per two golden suppliers that may be one, by one valid tax id (rule S2) or by what matching asks.
with

records as (select * from {{ ref('dim_supplier_record') }}),
questions as (select * from {{ ref('xref_supplier_question') }}),

-- A golden supplier stands behind its anchor, or the first of its records that has the tax id.
carriers as (
    select
        records.*,
        row_number() over (
            partition by records.supplier_key, records.valid_tax_id
            order by (not records.is_anchor), records.source_instance, records.native_id
        ) as preference
    from records
    where records.valid_tax_id is not null
),

by_tax_id as (
    select
        lefts.supplier_record_key as left_record_key,
        rights.supplier_record_key as right_record_key,
        lefts.valid_tax_id,
        lefts.tax_id_last4,
        least(lefts.supplier_key, rights.supplier_key) as first_key,
        greatest(lefts.supplier_key, rights.supplier_key) as second_key,
        row_number() over (
            partition by
                least(lefts.supplier_key, rights.supplier_key), greatest(lefts.supplier_key, rights.supplier_key)
            order by lefts.valid_tax_id
        ) as preference
    from carriers as lefts
    inner join carriers as rights
        on lefts.valid_tax_id = rights.valid_tax_id and lefts.supplier_record_key < rights.supplier_record_key
    where lefts.preference = 1 and rights.preference = 1 and lefts.supplier_key <> rights.supplier_key
),

asked as (
    select
        questions.*,
        lefts.supplier_record_key as left_record_key,
        rights.supplier_record_key as right_record_key,
        least(questions.left_supplier_key, questions.right_supplier_key) as first_key,
        greatest(questions.left_supplier_key, questions.right_supplier_key) as second_key
    from questions
    inner join records as lefts
        on questions.left_source_instance = lefts.source_instance and questions.left_native_id = lefts.native_id
    inner join records as rights
        on questions.right_source_instance = rights.source_instance and questions.right_native_id = rights.native_id
),

final as (
    select
        coalesce(by_tax_id.left_record_key, asked.left_record_key) as left_record_key,
        coalesce(by_tax_id.right_record_key, asked.right_record_key) as right_record_key,
        coalesce(by_tax_id.first_key, asked.first_key) as first_key,
        coalesce(by_tax_id.second_key, asked.second_key) as second_key,
        case when by_tax_id.first_key is not null then 'S2' else asked.question_type end as rule_code,
        by_tax_id.valid_tax_id,
        by_tax_id.tax_id_last4,
        asked.reason as match_reason,
        asked.match_weight,
        asked.relationship,
        asked.match_evidence,
        asked.asked_at
    from (select * from by_tax_id where preference = 1) as by_tax_id
    full outer join asked on by_tax_id.first_key = asked.first_key and by_tax_id.second_key = asked.second_key
)

select * from final
