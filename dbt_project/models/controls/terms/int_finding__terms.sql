-- One row per statement of payment terms that contradicts another or cannot be read, in the shape of all findings (domain_rules 3.6.4).
with

conflicts as (select * from {{ ref('rec_terms_vs_reference') }}),
terms as (select * from {{ ref('dim_payment_term') }} where not is_parsed),
codes as (select * from {{ ref('exception_code') }}),

found as (
    select
        entity_type,
        source_instance,
        native_id,
        'TERMS_MISMATCH' as code,
        business_key,
        legal_entity_code,
        supplier_key,
        cause_code,
        {{ money('abs(cash_effect)') }} as amount_at_risk,
        {{ json_object({
            'stated': 'terms',
            'stated_code': 'payment_term_code',
            'should_be': 'reference_terms',
            'should_be_code': 'reference_term_code',
            'according_to': 'reference',
            'proposed': 'proposed_terms',
            'on': 'cast(stated_on as string)',
            'amount': 'cast(amount as string)',
            'currency': 'currency_code',
            'days_earlier': 'cast(days_difference as string)',
            'cost_of_capital': 'cast(cost_of_capital as string)',
            'cash_effect': 'cast(cash_effect as string)',
            'discount_effect': 'cast(discount_effect as string)',
        }) }} as evidence
    from conflicts
    union all
    select
        'payment_term' as entity_type,
        source_instance,
        payment_term_code as native_id,
        'TERMS_UNREADABLE' as code,
        payment_term_code as business_key,
        cast(null as string) as legal_entity_code,
        cast(null as string) as supplier_key,
        cast(null as string) as cause_code,
        cast(null as decimal(18, 2)) as amount_at_risk,
        {{ json_object({'stated_code': 'payment_term_code', 'description': 'description'}) }} as evidence
    from terms
),

final as (
    {{ finding_rows('found', told=['cause_code']) }}
)

select * from final
