-- One row per attribute of a supplier's copy whose last change did not come from the system of record (domain_rules 3.2).
with

changes as (select * from {{ ref('int_supplier__change') }}),
policies as (
    select * from {{ ref('stg_landscape__sync_policy') }}
    where domain = 'supplier' and attribute_group = 'master'
),

masters as (select * from changes where write_policy = 'MASTER'),
replicas as (
    select * from changes
    where write_policy = 'REPLICA' and is_last and has_before and value is not null
),

judged as (
    select
        replicas.source_instance,
        replicas.native_id,
        replicas.attribute,
        replicas.supplier_key,
        replicas.changed_at,
        replicas.value_before,
        replicas.value,
        min(masters.source_instance) as master_instance,
        min(case when masters.is_last then masters.value end) as master_value,
        max(
            case
                when
                    masters.value = replicas.value
                    and (
                        masters.is_last
                        or {{ seconds_between('masters.said_until', 'replicas.changed_at') }}
                        <= coalesce(policies.fresh_within_hours, 24) * 3600
                    )
                    then 1
                else 0
            end
        ) as is_from_master,
        max(case when masters.value = replicas.value_before then 1 else 0 end) as is_same_language
    from replicas
    inner join masters
        on replicas.supplier_key = masters.supplier_key and replicas.attribute = masters.attribute
    left join policies on true
    group by
        replicas.source_instance,
        replicas.native_id,
        replicas.attribute,
        replicas.supplier_key,
        replicas.changed_at,
        replicas.value_before,
        replicas.value
),

-- Two systems may write one term by other codes: only a code that the master had used before can leave it.
final as (
    select
        source_instance,
        native_id,
        attribute,
        supplier_key,
        master_instance,
        changed_at,
        value_before,
        value,
        master_value
    from judged
    where is_from_master = 0 and (attribute <> 'payment_terms' or is_same_language = 1)
)

select * from final
