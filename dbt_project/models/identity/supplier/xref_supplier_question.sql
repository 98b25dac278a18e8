-- One row per two golden suppliers, or two records of one, about which matching asks a person: the strongest question.
with

records as (select * from {{ ref('int_supplier__record') }}),
supplier_keys as (select * from {{ ref('xref_supplier') }}),

tasks as (
    select event_id, subject_key, object_key, happened_at, code, reason, weight, relationship, evidence
    from {{ ref('can_identity_event') }}
    where event = 'TASK'
    union all
    select event_id, subject_key, object_key, happened_at, code, reason, weight, relationship, evidence
    from {{ ref('int_supplier__identity_event') }}
    where event = 'TASK'
),

placed as (
    select
        records.record_key,
        records.source_instance,
        records.native_id,
        records.reference,
        supplier_keys.supplier_key
    from records
    inner join supplier_keys
        on records.source_instance = supplier_keys.source_instance and records.native_id = supplier_keys.native_id
),

-- Whether a record still belongs to its supplier is asked inside of it; anything else until the two are one.
open_tasks as (
    select
        tasks.*,
        lefts.source_instance as left_source_instance,
        lefts.native_id as left_native_id,
        lefts.supplier_key as left_supplier_key,
        rights.source_instance as right_source_instance,
        rights.native_id as right_native_id,
        rights.supplier_key as right_supplier_key,
        row_number() over (
            partition by
                least(lefts.supplier_key, rights.supplier_key),
                greatest(lefts.supplier_key, rights.supplier_key),
                case when lefts.supplier_key = rights.supplier_key then lefts.reference || rights.reference end
            order by tasks.weight desc nulls last, tasks.happened_at desc nulls last, tasks.event_id
        ) as preference
    from tasks
    inner join placed as lefts on lefts.record_key = tasks.subject_key
    inner join placed as rights on rights.record_key = tasks.object_key
    where (tasks.code = 'LOST_EVIDENCE') = (lefts.supplier_key = rights.supplier_key)
),

final as (
    select
        event_id as question_id,
        code as question_type,
        reason,
        left_source_instance,
        left_native_id,
        left_supplier_key,
        right_source_instance,
        right_native_id,
        right_supplier_key,
        weight as match_weight,
        nullif(relationship, '') as relationship,
        evidence as match_evidence,
        happened_at as asked_at
    from open_tasks
    where preference = 1
)

select * from final
