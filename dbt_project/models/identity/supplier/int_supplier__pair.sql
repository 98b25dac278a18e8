-- One row per two supplier records, seen from either, and what makes them one or keeps them apart (domain_rules 3.7).
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

grouped as (
    select
        record_key,
        valid_tax_id,
        normalized_name,
        duns,
        first_value(record_key) over (
            partition by valid_tax_id, normalized_name
            order by source_instance nulls last, native_id nulls last
        ) as tax_key,
        first_value(record_key) over (
            partition by duns, normalized_name
            order by source_instance nulls last, native_id nulls last
        ) as duns_key,
        count(*) over (partition by duns, normalized_name)
        > count(valid_tax_id) over (partition by duns, normalized_name) as has_no_tax_id,
        min(valid_tax_id) over (partition by duns, normalized_name)
        is distinct from max(valid_tax_id) over (partition by duns, normalized_name) as has_other_tax_id
    from records
),

latest as (
    select
        decisions.*,
        row_number() over (partition by subject_key order by seq desc nulls last) as recency
    from decisions
),

-- A cross reference counts only where exactly one record owns that number; the supplier master is asked first.
found as (
    select left_key, right_key, 'CROSS_REFERENCE' as link_method
    from preferred
    where preference = 1 and owner_count = 1
    union all
    select pointers.record_key as left_key, owners.record_key as right_key, 'EXTERNAL_REFERENCE' as link_method
    from records as pointers
    inner join records as owners on pointers.external_reference = owners.reference
    union all
    select record_key as left_key, tax_key as right_key, 'TAX_ID_AND_NAME' as link_method
    from grouped
    where valid_tax_id is not null and normalized_name is not null and record_key <> tax_key
    union all
    select record_key as left_key, duns_key as right_key, 'DUNS_AND_NAME' as link_method
    from grouped
    where
        duns is not null
        and normalized_name is not null
        and has_no_tax_id
        and not has_other_tax_id
        and record_key <> duns_key
    union all
    select
        lefts.record_key as left_key,
        rights.record_key as right_key,
        case when latest.decision = 'SAME' then 'STEWARD' else latest.decision end as link_method
    from latest
    inner join records as lefts on split_part(latest.subject_key, '~', 1) = lefts.reference
    inner join records as rights on split_part(latest.subject_key, '~', 2) = rights.reference
    where latest.recency = 1 and latest.decision in ('SAME', 'DISTINCT') and lefts.record_key <> rights.record_key
),

final as (
    select left_key, right_key, link_method, true as is_pointer from found
    union all
    select right_key as left_key, left_key as right_key, link_method, false as is_pointer from found
)

select * from final
