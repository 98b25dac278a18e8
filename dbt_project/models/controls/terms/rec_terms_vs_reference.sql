-- One row per statement of payment terms that differs from the terms that should hold: by how many days and at what cost (domain_rules 3.6.4).
with

pairs as (
    select * from {{ ref('int_terms__master') }}
    union all
    select * from {{ ref('int_terms__document') }}
),
terms as (select * from {{ ref('dim_payment_term') }} where is_parsed),
run as (select * from {{ ref('stg_landscape__run') }}),
limits as (
    select
        coalesce(max(case when parameter_code = 'COST_OF_CAPITAL' then try_cast(value as decimal(9, 6)) end), 0.08)
            as cost_of_capital,
        coalesce(max(case when parameter_code = 'TERMS_RULE' then upper(value) end), 'REFERENCE') as terms_rule
    from {{ ref('stg_landscape__parameter') }} as parameters
    inner join run on {{ in_interval('run.as_of', 'parameters.valid_from', 'parameters.valid_to') }}
),

compared as (
    select
        pairs.*,
        said.standard_text as terms,
        held.standard_text as reference_terms,
        said.usual_days,
        held.usual_days as reference_days,
        held.usual_days - said.usual_days as days_difference,
        said.discount_share,
        held.discount_share as reference_discount_share,
        said.usual_days > held.usual_days
        or (said.usual_days = held.usual_days and said.discount_share > held.discount_share) as is_better
    from pairs
    inner join terms as said
        on pairs.source_instance = said.source_instance and pairs.payment_term_code = said.payment_term_code
    inner join terms as held
        on pairs.reference_instance = held.source_instance and pairs.reference_term_code = held.payment_term_code
    where said.standard_text <> held.standard_text
),

final as (
    select
        compared.entity_type,
        compared.source_instance,
        compared.native_id,
        compared.cause_code,
        compared.business_key,
        compared.legal_entity_code,
        compared.supplier_key,
        compared.stated_on,
        compared.payment_term_code,
        compared.terms,
        compared.reference,
        compared.reference_term_code,
        compared.reference_terms,
        case
            when limits.terms_rule = 'BEST' and compared.is_better then compared.terms
            else compared.reference_terms
        end as proposed_terms,
        compared.days_difference,
        compared.amount,
        compared.currency_code,
        limits.cost_of_capital,
        -- Positive where the stated terms make the buyer pay earlier.
        {{ money(divide(product(
            'cast(compared.amount as decimal(18, 2)) * compared.days_difference', 'limits.cost_of_capital'), 365)) }}
            as cash_effect,
        {{ money(product('compared.amount', 'compared.reference_discount_share - compared.discount_share')) }}
            as discount_effect
    from compared
    cross join limits
)

select * from final
