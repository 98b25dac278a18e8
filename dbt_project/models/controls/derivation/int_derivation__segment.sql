-- One row per question (entity, facility, cost center, category, spend type, supplier, day) and segment: the most specific rule's value, or the rules that tie (domain_rules 3.10).
with

questions as (
    select
        derivation_case_key,
        legal_entity_code,
        facility_code,
        cost_center_code,
        category_code,
        spend_type,
        supplier_number,
        derived_on
    from {{ ref('int_derivation__line') }}
    group by
        derivation_case_key, legal_entity_code, facility_code, cost_center_code, category_code, spend_type,
        supplier_number, derived_on
),
rules as (select * from {{ ref('stg_landscape__account_rule') }}),

-- Compared from the left: no sum of lower conditions beats a higher one.
fitting as (
    select
        questions.derivation_case_key,
        rules.segment,
        rules.rule_id,
        rules.value,
        case when rules.supplier is null then '0' else '1' end
        || case when rules.facility is null then '0' else '1' end
        || case when rules.cost_center is null then '0' else '1' end
        || lpad(cast(coalesce(length(rules.category), 0) as string), 2, '0')
        || case when rules.spend_type is null then '0' else '1' end
        || case when rules.entity is null then '0' else '1' end as specificity
    from questions
    inner join rules
        on
            (rules.supplier is null or rules.supplier = questions.supplier_number)
            and (rules.facility is null or rules.facility = questions.facility_code)
            and (rules.cost_center is null or rules.cost_center = questions.cost_center_code)
            and (
                rules.category is null
                or substr(coalesce(questions.category_code, ''), 1, length(rules.category)) = rules.category
            )
            and (rules.spend_type is null or rules.spend_type = questions.spend_type)
            and (rules.entity is null or rules.entity = questions.legal_entity_code)
            and {{ in_interval('questions.derived_on', 'rules.valid_from', 'rules.valid_to') }}
),

best as (
    select
        derivation_case_key,
        segment,
        max(specificity) as specificity
    from fitting
    group by derivation_case_key, segment
),

final as (
    select
        fitting.derivation_case_key,
        fitting.segment,
        case when count(*) = 1 then min(fitting.value) end as segment_value,
        {{ joined('fitting.rule_id', 'fitting.rule_id') }} as rule_ids,
        count(*) > 1 as is_ambiguous
    from fitting
    inner join best
        on
            fitting.derivation_case_key = best.derivation_case_key
            and fitting.segment = best.segment
            and fitting.specificity = best.specificity
    group by fitting.derivation_case_key, fitting.segment
)

select * from final
