-- One row per interval of a facility, cost center, account, fiscal calendar, tax exemption or posting owner as one system or the landscape tells it, with the day its next interval starts.
with

facilities as (select * from {{ ref('can_facility') }} where not is_deleted),
cost_centers as (select * from {{ ref('can_cost_center') }} where not is_deleted),
accounts as (select * from {{ ref('can_gl_account') }} where not is_deleted),
periods as (select * from {{ ref('can_fiscal_period') }} where not is_deleted),
exemptions as (select * from {{ ref('stg_landscape__tax_exemption') }}),
owners as (select * from {{ ref('stg_landscape__posting_owner') }}),

told as (
    select
        'facility' as entity_type,
        source_instance,
        facility_code as reference_code,
        name as reference_name,
        legal_entity_code,
        valid_from,
        valid_to
    from facilities
    union all
    select
        'cost_center' as entity_type,
        source_instance,
        concat_ws('|', legal_entity_code, cost_center_code) as reference_code,
        name as reference_name,
        legal_entity_code,
        valid_from,
        valid_to
    from cost_centers
    union all
    select
        'gl_account' as entity_type,
        source_instance,
        account_code as reference_code,
        name as reference_name,
        cast(null as string) as legal_entity_code,
        valid_from,
        valid_to
    from accounts
    union all
    select
        'fiscal_calendar' as entity_type,
        source_instance,
        ledger_code as reference_code,
        period_code as reference_name,
        cast(null as string) as legal_entity_code,
        starts_on as valid_from,
        {{ add_days('ends_on', 1) }} as valid_to
    from periods
    union all
    select
        'tax_exemption' as entity_type,
        'landscape' as source_instance,
        concat_ws('|', coalesce(legal_entity_code, '*'), coalesce(region, '*'), coalesce(category, '*'))
            as reference_code,
        case when is_exempt then 'exempt' else cast(rate as string) end as reference_name,
        legal_entity_code,
        valid_from,
        valid_to
    from exemptions
    union all
    select
        'posting_owner' as entity_type,
        'landscape' as source_instance,
        concat_ws('|', coalesce(legal_entity_code, '*'), doc_class) as reference_code,
        target_instance as reference_name,
        legal_entity_code,
        valid_from,
        valid_to
    from owners
),

final as (
    select
        told.*,
        row_number() over next_one as interval_number,
        lead(coalesce(valid_from, date '0001-01-01')) over next_one as next_from
    from told
    window next_one as (
        partition by entity_type, source_instance, reference_code
        order by valid_from nulls first, valid_to nulls last
    )
)

select * from final
