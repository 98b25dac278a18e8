-- One row per two supplier records and what a system or a steward says of them (domain_rules 3.7).
with

records as (select * from {{ ref('int_supplier__record') }}),
decisions as (select * from {{ ref('can_decision') }} where subject_type = 'SUPPLIER_PAIR'),
masters as (
    select source_instance from {{ ref('stg_landscape__system_of_record') }}
    where domain = 'supplier' and write_policy = 'MASTER'
    group by source_instance
),

owned as (
    select
        pointers.record_key as left_key,
        masters.source_instance is null as is_outside,
        min(owners.record_key) as right_key,
        count(*) as owner_count
    from records as pointers
    inner join records as owners
        on
            pointers.cross_reference_number = owners.supplier_number
            and pointers.source_instance <> owners.source_instance
            and owners.cross_reference_number is null
    left join masters on owners.source_instance = masters.source_instance
    group by pointers.record_key, masters.source_instance is null
),

preferred as (
    select
        owned.*,
        row_number() over (partition by left_key order by is_outside) as preference
    from owned
),

-- A cross reference counts only where exactly one record owns that number; the supplier master is asked first.
stated as (
    select left_key, right_key, 'CROSS_REFERENCE' as origin, 'names its supplier number' as reason
    from preferred
    where preference = 1 and owner_count = 1
    union all
    select
        pointers.record_key as left_key,
        owners.record_key as right_key,
        'EXTERNAL_REFERENCE' as origin,
        'was created from it' as reason
    from records as pointers
    inner join records as owners on pointers.external_reference = owners.reference
),

decided as (
    select
        decisions.seq,
        decisions.decision as kind,
        lefts.record_key as left_key,
        rights.record_key as right_key,
        decisions.actor,
        decisions.reason,
        decisions.decided_at,
        'STEWARD' as origin
    from decisions
    inner join records as lefts on split_part(decisions.subject_key, '~', 1) = lefts.reference
    inner join records as rights on split_part(decisions.subject_key, '~', 2) = rights.reference
    where lefts.record_key <> rights.record_key
),

final as (
    select * from decided
    union all
    select
        cast(0 as bigint) as seq,
        'SAME' as kind,
        stated.left_key,
        stated.right_key,
        records.source_instance as actor,
        stated.reason,
        cast(null as timestamp) as decided_at,
        stated.origin
    from stated
    inner join records on stated.left_key = records.record_key
)

select * from final
