-- One row per supplier or exclusion list and code of the screening, in the shape of all findings (domain_rules 3.6.2).
with

hits as (select * from {{ ref('rec_supplier_vs_screening_entry') }} where code is not null),
lists as (select * from {{ ref('int_screening__list') }} where is_stale),
places as (select * from {{ ref('int_screening__place') }}),
suppliers as (select * from {{ ref('dim_supplier') }} where coalesce(status <> 'INACTIVE', true)),
codes as (select * from {{ ref('exception_code') }}),

-- Several parties that may be one supplier are one finding, told by the surest.
ranked as (
    select
        hits.*,
        row_number() over (
            partition by source_instance, native_id, code
            order by excluded_on desc nulls last, subject_key
        ) as preference,
        count(*) over (partition by source_instance, native_id, code) as party_count
    from hits
),

concerned as (
    select
        lists.source_instance,
        lists.list_code,
        count(distinct suppliers.supplier_key) as supplier_count
    from lists
    left join places on lists.region = places.region
    inner join suppliers on lists.region is null or places.supplier_key = suppliers.supplier_key
    group by lists.source_instance, lists.list_code
),

found as (
    select
        'supplier' as entity_type,
        source_instance,
        native_id,
        code,
        coalesce(supplier_name, native_id) as business_key,
        cast(null as string) as legal_entity_code,
        supplier_key,
        cast(null as decimal(18, 2)) as amount_at_risk,
        {{ json_object({
            'list': 'list_code',
            'list_day': 'cast(listed_on as string)',
            'rule': 'rule_code',
            'our_name': 'matched_name',
            'listed_name': 'listed_name',
            'listed_npi': 'npi',
            'listed_place': "concat_ws(', ', address, city, region, postal_code)",
            'exclusion_type': 'exclusion_type',
            'excluded_on': 'cast(excluded_on as string)',
            'waived_in': 'waiver_region',
            'confirmed_by': 'decided_by',
            'party_count': 'cast(party_count as string)',
        }) }} as evidence
    from ranked
    where preference = 1
    union all
    select
        'screening_list' as entity_type,
        lists.source_instance,
        lists.list_code as native_id,
        'SCREENING_STALE' as code,
        lists.list_code as business_key,
        cast(null as string) as legal_entity_code,
        cast(null as string) as supplier_key,
        cast(null as decimal(18, 2)) as amount_at_risk,
        {{ json_object({
            'list_day': 'cast(lists.listed_on as string)',
            'age_days': 'cast(lists.age_days as string)',
            'allowed_days': 'cast(lists.allowed_days as string)',
            'region': 'lists.region',
            'suppliers_concerned': 'cast(coalesce(concerned.supplier_count, 0) as string)',
        }) }} as evidence
    from lists
    left join concerned
        on lists.source_instance = concerned.source_instance and lists.list_code = concerned.list_code
),

final as (
    {{ finding_rows('found') }}
)

select * from final
