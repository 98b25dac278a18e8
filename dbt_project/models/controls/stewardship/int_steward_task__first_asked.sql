-- One row per question of which something remembers since when it is asked: an identity event, the bank change register or a finding.
with

events as (select * from {{ ref('can_identity_event') }} where event = 'TASK'),
records as (select *, source_instance || '|' || native_id as reference from {{ ref('dim_supplier_record') }}),
changes as (select * from {{ ref('rec_bank_change_vs_approval') }}),
questions as (select * from {{ ref('int_steward_task__question') }}),
occurrences as (select * from {{ ref('int_exception__occurrence') }}),

of_findings as (
    select
        task_type,
        subject_key,
        decided_at,
        {{ json_text('proposal', 'held_instance') }} as source_instance,
        {{ json_text('proposal', 'held_native_id') }} as native_id
    from questions
    where task_type = 'INVOICE_PAIR'
    union all
    select
        task_type,
        subject_key,
        decided_at,
        {{ json_text('evidence', 'instance') }} as source_instance,
        {{ json_text('evidence', 'native_id') }} as native_id
    from questions
    where task_type = 'SCREENING_HIT'
),

asked as (
    select
        'SUPPLIER_PAIR' as task_type,
        least(lefts.reference, rights.reference) || '~' || greatest(lefts.reference, rights.reference) as subject_key,
        events.happened_at as asked_at
    from events
    inner join records as lefts on events.subject_key = lefts.supplier_record_key
    inner join records as rights on events.object_key = rights.supplier_record_key
    union all
    select
        'BANK_CHANGE' as task_type,
        subject_key,
        first_seen_at as asked_at
    from changes
    union all
    -- What comes back after an answer is asked anew; it was not asked before that answer.
    select
        of_findings.task_type,
        of_findings.subject_key,
        max(occurrences.first_seen_at) as asked_at
    from of_findings
    inner join occurrences
        on
            of_findings.source_instance = occurrences.source_instance
            and of_findings.native_id = occurrences.native_id
            and (
                (of_findings.task_type = 'INVOICE_PAIR' and occurrences.code = 'DUPLICATE_INVOICE')
                or (
                    of_findings.task_type = 'SCREENING_HIT'
                    and occurrences.code in ('HIT_CONFIRM', 'HIT_REVIEW', 'HIT_POSSIBLE')
                )
            )
            and coalesce(occurrences.first_seen_at <= of_findings.decided_at, true)
    group by of_findings.task_type, of_findings.subject_key
),

final as (
    select
        task_type,
        subject_key,
        min(asked_at) as asked_at
    from asked
    group by task_type, subject_key
)

select * from final
