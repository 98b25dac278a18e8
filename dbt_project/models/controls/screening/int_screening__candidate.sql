-- One row per golden supplier, party on a list and rule of the ladder by which they may be one (domain_rules 3.6.2).
with

entries as (select * from {{ ref('int_screening__entry') }}),
names as (select * from {{ ref('int_screening__name') }}),
places as (select * from {{ ref('int_screening__place') }}),
records as (select * from {{ ref('dim_supplier_record') }} where coalesce(status <> 'INACTIVE', true)),
suppliers as (select * from {{ ref('can_supplier') }} where not is_deleted),

numbered as (
    select
        records.supplier_key,
        suppliers.npi,
        min(suppliers.legal_name) as name
    from records
    inner join suppliers
        on records.source_instance = suppliers.source_instance and records.native_id = suppliers.native_id
    where ltrim(suppliers.npi, '0') <> ''
    group by records.supplier_key, suppliers.npi
),

located as (select supplier_key from places where region is not null group by supplier_key),

-- A person stands in a supplier list under any order of his names.
{% set spellings = [
    "first_word || ' ' || last_word", "last_word || ' ' || first_word",
    "first_word || ' ' || middle_word || ' ' || last_word", "last_word || ' ' || first_word || ' ' || middle_word",
    "first_word || ' ' || substr(middle_word, 1, 1) || ' ' || last_word",
    "last_word || ' ' || first_word || ' ' || substr(middle_word, 1, 1)",
] %}
persons as (
    {%- for spelling in spellings %}
    select screening_entry_key, {{ spelling }} as person
    from entries
    where business is null and {{ spelling }} is not null
    {{ 'union distinct' if not loop.last }}
    {%- endfor %}
),

{# Letters alike are at least 0.92 of the longer name; one letter always may differ. -#}
{% set longer = 'greatest(length(names.business), length(entries.business))' %}
alike as (
    select
        entries.screening_entry_key,
        names.supplier_key,
        names.name
    from entries
    inner join places on entries.region = places.region and {{ plain_name('entries.city') }} = places.city
    inner join names on places.supplier_key = names.supplier_key
    where
        places.city <> ''
        and length(entries.business) > 4
        and abs(length(names.business) - length(entries.business)) <= greatest(1, floor(0.08 * {{ longer }}))
        and {{ replaced_letters('names.business', 'entries.business') }} <= greatest(1, floor(0.08 * {{ longer }}))
),

found as (
    select
        entries.screening_entry_key,
        numbered.supplier_key,
        numbered.name,
        1 as step,
        false as is_same_zip
    from entries
    inner join numbered on entries.valid_npi = numbered.npi
    union all
    -- A supplier whose state nobody knows may be anywhere.
    select
        entries.screening_entry_key,
        names.supplier_key,
        names.name,
        2 as step,
        coalesce(substr(places.zip, 1, 3) = substr(entries.zip, 1, 3), false) as is_same_zip
    from entries
    inner join names on entries.business = names.business
    left join places on names.supplier_key = places.supplier_key and entries.region = places.region
    left join located on names.supplier_key = located.supplier_key
    where places.supplier_key is not null or located.supplier_key is null or entries.region is null
    union all
    select
        entries.screening_entry_key,
        names.supplier_key,
        names.name,
        3 as step,
        true as is_same_zip
    from entries
    inner join persons on entries.screening_entry_key = persons.screening_entry_key
    inner join names on persons.person = names.person
    inner join places on names.supplier_key = places.supplier_key and entries.zip = places.zip
    union all
    select
        screening_entry_key,
        supplier_key,
        name,
        4 as step,
        false as is_same_zip
    from alike
),

final as (
    select
        screening_entry_key,
        supplier_key,
        step,
        case when step = 1 then 'HIT_CONFIRM' when step in (2, 3) then 'HIT_REVIEW' else 'HIT_POSSIBLE' end as code,
        case step
            when 1 then 'NPI' when 2 then 'NAME_AND_STATE' when 3 then 'PERSON_AND_ZIP' else 'NAME_ALIKE'
        end as rule_code,
        min(name) as matched_name,
        max(case when is_same_zip then 1 else 0 end) = 1 as is_same_zip
    from found
    group by screening_entry_key, supplier_key, step
)

select * from final
