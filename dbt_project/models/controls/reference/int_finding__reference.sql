-- One row per facility, cost center, account, calendar, tax exemption or posting owner whose intervals overlap or leave a gap, or that was used while inactive.
with

intervals as (select * from {{ ref('int_reference__interval') }}),
used as (select * from {{ ref('int_reference__use') }}),
codes as (select * from {{ ref('exception_code') }}),

joined_up as (
    select
        *,
        case
            when next_from < coalesce(valid_to, date '9999-12-31') then 'REFERENCE_OVERLAP'
            when next_from > valid_to then 'REFERENCE_GAP'
        end as code
    from intervals
    where next_from is not null
),

found as (
    select
        entity_type,
        source_instance,
        reference_code,
        code,
        min(reference_name) as reference_name,
        min(legal_entity_code) as legal_entity_code,
        min(valid_to) as from_date,
        min(next_from) as to_date,
        count(*) as occurrence_count,
        cast(null as decimal(18, 2)) as amount
    from joined_up
    where code is not null
    group by entity_type, source_instance, reference_code, code
    union all
    select
        entity_type,
        source_instance,
        reference_code,
        'REFERENCE_INACTIVE' as code,
        cast(null as string) as reference_name,
        cast(null as string) as legal_entity_code,
        first_posting_date as from_date,
        last_posting_date as to_date,
        posting_count as occurrence_count,
        amount
    from used
),

final as (
    select
        found.entity_type,
        found.source_instance,
        found.reference_code as native_id,
        found.code,
        found.reference_code as business_key,
        found.legal_entity_code,
        cast(null as string) as supplier_key,
        case when found.entity_type = 'facility' then found.reference_code end as facility_code,
        cast(null as string) as purchase_order_line_key,
        cast(null as string) as invoice_key,
        found.amount as amount_at_risk,
        cast(null as decimal(18, 6)) as quantity_at_risk,
        cast(null as string) as cause_code,
        cast(null as decimal(18, 6)) as cause_ratio,
        cast(null as decimal(18, 6)) as proposed_quantity,
        codes.severity,
        {{ json_object({
            'words': 'codes.words',
            'name': 'found.reference_name',
            'from_date': 'cast(found.from_date as string)',
            'to_date': 'cast(found.to_date as string)',
            'times': 'cast(found.occurrence_count as string)',
        }) }} as evidence
    from found
    inner join codes on found.code = codes.code
)

select * from final
