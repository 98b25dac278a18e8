-- One row per supplier record: the golden supplier it belongs to, by exact identifiers only (domain_rules 3.7).
with

suppliers as (select * from {{ ref('can_supplier') }}),

identified as (
    select
        supplier_key as record_key,
        source_system,
        source_instance,
        native_id,
        supplier_number,
        {{ json_text('extension', 'cross_reference_number') }} as cross_reference_number,
        case when {{ json_text('extension', 'tax_id_verdict') }} = 'VALID' then tax_id end as valid_tax_id,
        nullif({{ normalized_name('legal_name') }}, '') as normalized_name
    from suppliers
),

-- A cross reference counts only where exactly one record of another instance has that number as its own.
owned as (
    select
        pointers.record_key,
        min(owners.record_key) as owner_key
    from identified as pointers
    inner join identified as owners
        on
            pointers.cross_reference_number = owners.supplier_number
            and pointers.source_instance <> owners.source_instance
            and owners.cross_reference_number is null
    group by pointers.record_key
    having count(*) = 1
),

referenced as (
    select owner_key
    from owned
    group by owner_key
),

-- Records of one tax id and name stand behind the first of them: one that others refer to, or that refers to nobody.
grouped as (
    select
        identified.record_key,
        identified.source_system,
        identified.source_instance,
        identified.native_id,
        owned.owner_key,
        case
            when identified.valid_tax_id is null or identified.normalized_name is null then identified.record_key
            else
                first_value(identified.record_key) over (
                    partition by identified.valid_tax_id, identified.normalized_name
                    order by
                        (referenced.owner_key is null) nulls last,
                        (identified.cross_reference_number is not null) nulls last,
                        (owned.owner_key is null) nulls last,
                        identified.source_instance nulls last,
                        identified.native_id nulls last
                )
        end as group_key
    from identified
    left join owned on identified.record_key = owned.record_key
    left join referenced on identified.record_key = referenced.owner_key
),

-- The owner of a record, else the owner of its group's first record, stands in its own group; no chain is longer.
anchored as (
    select
        grouped.source_instance,
        grouped.source_system,
        grouped.native_id,
        grouped.record_key,
        grouped.owner_key,
        coalesce(owners.group_key, heirs.group_key, grouped.group_key) as supplier_key
    from grouped
    left join grouped as owners on grouped.owner_key = owners.record_key
    left join owned as inherited on grouped.group_key = inherited.record_key
    left join grouped as heirs on inherited.owner_key = heirs.record_key
),

final as (
    select
        source_instance,
        source_system,
        native_id,
        supplier_key,
        case
            when record_key = supplier_key then 'SELF'
            when owner_key is not null then 'CROSS_REFERENCE'
            else 'TAX_ID_AND_NAME'
        end as link_method,
        cast(1 as decimal(18, 6)) as confidence,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to
    from anchored
)

select * from final
