-- One row per derived account, legal entity and day: valid, expired, closed to postings, or unknown to the chart (domain_rules 3.10).
with

asked as (
    select
        lines.legal_entity_code,
        segments.segment_value as account_code,
        lines.derived_on
    from {{ ref('int_derivation__line') }} as lines
    inner join {{ ref('int_derivation__segment') }} as segments
        on lines.derivation_case_key = segments.derivation_case_key and segments.segment = 'ACCOUNT'
    where segments.segment_value is not null
    group by lines.legal_entity_code, segments.segment_value, lines.derived_on
),
accounts as (select * from {{ ref('dim_gl_account') }}),
charts as (select source_instance from accounts group by source_instance),
entities as (select * from {{ ref('can_legal_entity') }} where not is_deleted),
-- The chart of the entity's own ERP; where that lists none, the one chart that was loaded.
only_chart as (select min(source_instance) as source_instance from charts having count(*) = 1),
entity_charts as (
    select
        entities.legal_entity_code,
        min(coalesce(charts.source_instance, only_chart.source_instance)) as source_instance
    from entities
    left join charts on entities.erp_instance = charts.source_instance
    left join only_chart on true
    group by entities.legal_entity_code
),

final as (
    select
        asked.legal_entity_code,
        asked.account_code,
        asked.derived_on,
        max(coalesce(valid.account_type, accounts.account_type)) as account_type,
        case
            when max(entity_charts.source_instance) is null then 'UNKNOWN'
            when max(valid.gl_account_key) is null then 'INACTIVE'
            when min(case when coalesce(valid.is_postable, true) then 1 else 0 end) = 0 then 'NOT_POSTABLE'
            else 'VALID'
        end as account_state
    from asked
    left join entity_charts on asked.legal_entity_code = entity_charts.legal_entity_code
    left join accounts
        on
            entity_charts.source_instance = accounts.source_instance
            and asked.account_code = accounts.account_code
    left join accounts as valid
        on
            accounts.gl_account_key = valid.gl_account_key
            and {{ in_interval('asked.derived_on', 'valid.valid_from', 'valid.valid_to') }}
    group by asked.legal_entity_code, asked.account_code, asked.derived_on
)

select * from final
