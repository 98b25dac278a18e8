-- One row per golden supplier and attribute: the value that stands, where it comes from and by which rule (domain_rules 3.2, 3.7).
with

told as (select * from {{ ref('int_supplier__told_value') }}),
supplier_keys as (select * from {{ ref('xref_supplier') }}),
decisions as (select * from {{ ref('can_decision') }} where subject_type = 'SUPPLIER_VALUE'),
run as (select * from {{ ref('stg_landscape__run') }}),

latest as (
    select
        decisions.*,
        row_number() over (partition by subject_key order by seq desc nulls last) as recency
    from decisions
),

overridden as (
    select
        supplier_keys.supplier_key,
        split_part(latest.subject_key, '~', 2) as attribute,
        {{ json_text('latest.payload', 'value') }} as value,
        latest.actor,
        supplier_keys.source_instance,
        supplier_keys.native_id,
        row_number() over (
            partition by supplier_keys.supplier_key, split_part(latest.subject_key, '~', 2)
            order by latest.seq desc nulls last
        ) as preference
    from latest
    cross join run
    inner join supplier_keys
        on
            split_part(latest.subject_key, '~', 1)
            = supplier_keys.source_instance || '|' || supplier_keys.native_id
    where
        latest.recency = 1
        and latest.decision = 'OVERRIDE'
        and run.as_of
        <= coalesce(cast({{ json_text('latest.payload', 'until') }} as date), date '9999-12-31')
),

ranked as (
    select
        told.*,
        row_number() over (
            partition by supplier_key, attribute
            order by
                (not is_owner),
                (status <> 'ACTIVE'),
                updated_at desc nulls last,
                agreeing_count desc nulls last,
                source_instance,
                native_id
        ) as preference
    from told
),

survived as (
    select
        supplier_key,
        attribute,
        value,
        case
            when is_owner then 'SYSTEM_OF_RECORD'
            when record_count = agreeing_count then 'AGREED'
            when updated_at is not null then 'NEWEST'
            else 'MOST_FREQUENT'
        end as survival_rule,
        source_instance,
        native_id,
        record_count - agreeing_count as disagreeing_count
    from ranked
    where preference = 1
),

final as (
    select
        coalesce(survived.supplier_key, overridden.supplier_key) as supplier_key,
        coalesce(survived.attribute, overridden.attribute) as attribute,
        coalesce(overridden.value, survived.value) as value,
        case when overridden.value is not null then 'STEWARD' else survived.survival_rule end as survival_rule,
        coalesce(overridden.source_instance, survived.source_instance) as source_instance,
        coalesce(overridden.native_id, survived.native_id) as native_id,
        overridden.actor as decided_by,
        coalesce(survived.disagreeing_count, 0) as disagreeing_count
    from survived
    full outer join (select * from overridden where preference = 1) as overridden
        on survived.supplier_key = overridden.supplier_key and survived.attribute = overridden.attribute
)

select * from final
