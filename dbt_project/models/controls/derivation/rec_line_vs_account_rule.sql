-- One row per PO, receipt and invoice line: the account its rules derive, or the first reason why there is none (domain_rules 3.10).
with

lines as (select * from {{ ref('int_derivation__line') }}),
accounts as (select * from {{ ref('int_derivation__account') }}),
account_states as (select * from {{ ref('int_derivation__account_state') }}),
cost_center_states as (select * from {{ ref('int_derivation__cost_center_state') }}),
exclusions as (select * from {{ ref('int_derivation__exclusion') }}),
-- A landscape without rules asks for no derivation.
rules as (select count(*) as rule_count from {{ ref('stg_landscape__account_rule') }}),
entities as (
    select
        legal_entity_code,
        min(ledger_code) as ledger_code
    from {{ ref('can_legal_entity') }}
    where not is_deleted
    group by legal_entity_code
),
closed_periods as (
    select
        ledger_code,
        starts_on,
        ends_on
    from {{ ref('dim_fiscal_period') }}
    where coalesce(ap_status, gl_status) in ('CLOSED', 'LOCKED')
    group by ledger_code, starts_on, ends_on
),
thresholds as (
    select
        entity,
        min(try_cast(value as decimal(18, 6))) as value
    from {{ ref('stg_landscape__parameter') }}
    where parameter_code = 'CAPITAL_THRESHOLD'
    group by entity
),

derived as (
    select
        lines.*,
        accounts.account as proposed_account_code,
        coalesce(accounts.cost_center, lines.cost_center_code) as account_cost_center_code,
        accounts.service_line,
        accounts.project,
        accounts.fund,
        accounts.rule_ids,
        accounts.has_ambiguity,
        coalesce(accounts.has_rule, false) as has_rule
    from lines
    cross join rules
    left join accounts on lines.derivation_case_key = accounts.derivation_case_key
    where rules.rule_count > 0
),

judged as (
    select
        derived.*,
        case
            when derived.facility_code is null then 'NO_FACILITY'
            when derived.account_cost_center_code is null then 'NO_COST_CENTER'
            when derived.category_code is null and derived.spend_type is null then 'NO_CATEGORY'
            when not derived.has_rule then 'NO_RULE'
            when derived.has_ambiguity then 'AMBIGUOUS_RULE'
            when account_states.account_state = 'INACTIVE' then 'SEGMENT_INACTIVE'
            when cost_center_states.cost_center_state = 'INACTIVE' then 'SEGMENT_INACTIVE'
            when exclusions.reason = 'COMBINATION_INVALID' then 'COMBINATION_INVALID'
            when account_states.account_state = 'NOT_POSTABLE' then 'ACCOUNT_NOT_POSTABLE'
            when derived.is_unposted and closed_periods.ledger_code is not null then 'PERIOD_CLOSED'
            when cost_center_states.cost_center_state = 'MISSING' then 'COST_CENTER_MAP_GAP'
            when
                derived.spend_type = 'CAPITAL'
                and account_states.account_type = 'EXPENSE'
                and abs(derived.unit_cost) >= coalesce(own_thresholds.value, all_thresholds.value)
                then 'CAPITAL_THRESHOLD'
            else exclusions.reason
        end as failure_reason
    from derived
    left join account_states
        on
            derived.legal_entity_code = account_states.legal_entity_code
            and derived.proposed_account_code = account_states.account_code
            and derived.derived_on = account_states.derived_on
    left join cost_center_states
        on
            derived.legal_entity_code = cost_center_states.legal_entity_code
            and derived.account_cost_center_code = cost_center_states.cost_center_code
            and derived.derived_on = cost_center_states.derived_on
    left join exclusions on derived.line_key = exclusions.line_key
    left join entities on derived.legal_entity_code = entities.legal_entity_code
    left join closed_periods
        on
            entities.ledger_code = closed_periods.ledger_code
            and derived.derived_on between closed_periods.starts_on and closed_periods.ends_on
    left join thresholds as own_thresholds on derived.legal_entity_code = own_thresholds.entity
    left join thresholds as all_thresholds on all_thresholds.entity is null
),

final as (
    select
        {%- for column, segment in [('account', 'proposed_account_code'), ('cost_center', 'account_cost_center_code'),
            ('service_line', 'service_line'), ('project', 'project'), ('fund', 'fund')] %}
        case when failure_reason is null then {{ segment }} end as derived_{{ column }}_code,
        {%- endfor %}
        {%- for column in ['entity_type', 'line_key', 'source_instance', 'native_id', 'purchase_order_line_key',
            'invoice_key', 'business_key', 'legal_entity_code', 'supplier_key', 'facility_code', 'cost_center_code',
            'category_code', 'spend_type', 'derived_on', 'unit_cost', 'amount', 'currency_code', 'account_code',
            'proposed_account_code', 'rule_ids'] %}
        {{ column }},
        {%- endfor %}
        failure_reason
    from judged
)

select * from final
