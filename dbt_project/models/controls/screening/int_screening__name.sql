-- One row per living golden supplier and name that one of its records bears, legal or trading, with how a list would write it.
with

records as (select * from {{ ref('dim_supplier_record') }} where coalesce(status <> 'INACTIVE', true)),
suppliers as (select * from {{ ref('can_supplier') }} where not is_deleted),

{% set titles = ' (MD|DO|DDS|DMD|DPM|DC|OD|RN|NP|PA|PHD|PHARMD|JR|SR|II|III|M D|D O|D D S|D P M|R N|N P|P A|PH D)$' %}
named as (
    select
        records.supplier_key,
        suppliers.legal_name as name
    from records
    inner join suppliers
        on records.source_instance = suppliers.source_instance and records.native_id = suppliers.native_id
    union distinct
    select
        records.supplier_key,
        suppliers.dba_name as name
    from records
    inner join suppliers
        on records.source_instance = suppliers.source_instance and records.native_id = suppliers.native_id
    where suppliers.dba_name is not null
),

final as (
    select
        supplier_key,
        nullif({{ normalized_name('name') }}, '') as business,
        nullif({{ replace_pattern(replace_pattern(plain_name('name'), titles, ''), titles, '') }}, '') as person,
        min(name) as name
    from named
    group by
        supplier_key,
        nullif({{ normalized_name('name') }}, ''),
        nullif({{ replace_pattern(replace_pattern(plain_name('name'), titles, ''), titles, '') }}, '')
)

select * from final
