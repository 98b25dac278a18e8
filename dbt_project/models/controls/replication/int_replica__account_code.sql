-- One row per account or cost center that ledgers post to and no master lists, or that the owner of the hierarchy lacks (domain_rules 3.15, R-9).
with

postings as (select * from {{ ref('fct_gl_posting') }}),
accounts as (
    select account_code, min(source_instance) as source_instance from {{ ref('dim_gl_account') }} group by account_code
),
charted as (select min(source_instance) as source_instance from accounts having count(*) > 0),
cost_centers as (select * from {{ ref('dim_cost_center') }}),
placed as (select * from {{ ref('can_cost_center') }} where not is_deleted),
policies as (select * from {{ ref('stg_landscape__sync_policy') }}),
owners as (
    select
        attribute_group,
        source_instance
    from {{ ref('stg_landscape__system_of_record') }}
    where domain = 'cost_center' and write_policy = 'MASTER'
    group by attribute_group, source_instance
),
instances as (select * from {{ ref('stg_landscape__instance') }}),
run as (select * from {{ ref('stg_landscape__run') }}),

listed as (select legal_entity_code, cost_center_code from cost_centers group by legal_entity_code, cost_center_code),
listing as (select min(source_instance) as source_instance from cost_centers having count(*) > 0),

-- A code that is listed and does not hold on the day is `REFERENCE_INACTIVE`, and no gap of the crosswalk.
gaps as (
    {%- for domain, code, lister, list, entity in [
        ('gl_account', 'account_code', 'charted', 'accounts', 'true'),
        ('cost_center', 'cost_center_code', 'listing', 'listed',
            'coalesce(postings.legal_entity_code = listed.legal_entity_code, true)')] %}
    select
        '{{ domain }}' as domain,
        'master' as attribute_group,
        {{ lister }}.source_instance as left_instance,
        postings.source_instance as right_instance,
        postings.legal_entity_code,
        postings.{{ code }} as code_used,
        false as is_listed,
        postings.posting_date as used_on,
        postings.currency_code,
        abs(postings.amount) as amount
    from postings
    cross join {{ lister }}
    left join {{ list }} on postings.{{ code }} = {{ list }}.{{ code }} and {{ entity }}
    where postings.{{ code }} is not null and {{ list }}.{{ code }} is null
    union all
    {%- endfor %}
    select
        'cost_center' as domain,
        'hierarchy' as attribute_group,
        cost_centers.source_instance as left_instance,
        owners.source_instance as right_instance,
        cost_centers.legal_entity_code,
        cost_centers.cost_center_code as code_used,
        true as is_listed,
        cost_centers.valid_from as used_on,
        cast(null as string) as currency_code,
        cast(null as decimal(18, 2)) as amount
    from cost_centers
    cross join run
    inner join owners
        on owners.attribute_group = 'hierarchy' and cost_centers.source_instance <> owners.source_instance
    left join placed
        on
            owners.source_instance = placed.source_instance
            and upper(trim(cost_centers.cost_center_code)) = upper(trim(placed.cost_center_code))
            and coalesce(cost_centers.legal_entity_code = placed.legal_entity_code, true)
    where
        placed.cost_center_code is null
        and {{ in_interval('run.as_of', 'cost_centers.valid_from', 'cost_centers.valid_to') }}
),

shaped as (
    select
        gaps.domain as entity_type,
        gaps.left_instance,
        gaps.right_instance,
        gaps.right_instance as source_instance,
        coalesce(gaps.legal_entity_code, '') || '|' || gaps.code_used as native_id,
        gaps.code_used as business_key,
        gaps.legal_entity_code,
        case gaps.attribute_group when 'master' then 'listed' else 'crosswalk' end as field,
        max(case when gaps.is_listed then gaps.code_used end) as left_value,
        max(case when not gaps.is_listed then gaps.code_used end) as right_value,
        min(gaps.currency_code) as currency_code,
        {{ money('sum(gaps.amount)') }} as amount_at_risk,
        cast({{ add_days('min(gaps.used_on)', 1) }} as timestamp) as moved_at,
        max(coalesce(policies.fresh_within_hours, 24)) as grace_hours,
        max(coalesce(policies.owner_role, 'finance_support')) as owner_role,
        max(least(
            run.as_of_ends_at,
            coalesce(lefts.last_loaded_at, timestamp '0001-01-01 00:00:00'),
            coalesce(rights.last_loaded_at, timestamp '0001-01-01 00:00:00')
        )) as judged_until
    from gaps
    cross join run
    inner join instances as lefts on gaps.left_instance = lefts.source_instance
    inner join instances as rights on gaps.right_instance = rights.source_instance
    left join policies on gaps.domain = policies.domain and gaps.attribute_group = policies.attribute_group
    group by
        gaps.domain, gaps.attribute_group, gaps.left_instance, gaps.right_instance, gaps.legal_entity_code,
        gaps.code_used
),

final as (
    {{ lasting_differences('shaped', 'R-9', 'account_code', 'told.entity_type',
        told=['legal_entity_code', 'amount_at_risk', 'currency_code']) }}
)

select * from final
