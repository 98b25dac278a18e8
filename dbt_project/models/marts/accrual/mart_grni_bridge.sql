-- One row per legal entity, account, currency and part of its balance: from what is owed to what the ledger shows, residual 0.00 (domain_rules 3.9 bridge, R-8).
with

parts as (select * from {{ ref('rec_grni_vs_ledger') }}),
{% set account = ['legal_entity_code', 'source_instance', 'account_code', 'currency_code'] %}
-- The balance comes from the ledger alone, so that the parts have something to tie to: what it stated last and posted since.
stated as (
    select
        balances.*,
        row_number() over (partition by {{ account | join(', ') }} order by balance_date desc nulls last) as recency
    from {{ ref('fct_account_balance') }} as balances
),

movements as (
    select {{ account | join(', ') }}, amount
    from stated
    where recency = 1
    union all
    select
        {%- for name in account %}
        postings.{{ name }},
        {%- endfor %}
        postings.amount
    from {{ ref('fct_gl_posting') }} as postings
    left join stated
        on
            {%- for name in account %}
            postings.{{ name }} = stated.{{ name }} and
            {%- endfor %}
            stated.recency = 1
    where stated.balance_date is null or postings.posting_date > stated.balance_date
),

balances as (
    select
        legal_entity_code,
        source_instance as ledger_instance,
        account_code,
        currency_code,
        {{ money('-sum(amount)') }} as ledger_balance
    from movements
    group by legal_entity_code, source_instance, account_code, currency_code
),
{% set sections = [
    ('GRNI', 1, 'OWED'), ('INVOICED_NOT_POSTED', 2, 'OWED'), ('IRNG', 3, 'OWED'), ('CREDIT_EXPECTED', 4, 'OWED'),
    ('CREDIT_NOT_POSTED', 5, 'TIMING'), ('RECEIPT_ON_ITS_WAY', 6, 'TIMING'), ('INVOICE_NOT_IN_LEDGER', 7, 'BREAK'), ('RECEIPT_NOT_IN_LEDGER', 8, 'BREAK'),
    ('UOM_DRIFT', 9, 'BREAK'), ('RECEIPT_VALUE', 10, 'BREAK'), ('ORPHAN_POSTING', 11, 'BREAK'), ('OTHER_LEDGER', 12, 'BREAK'),
    ('OTHER_DOCUMENT', 13, 'BREAK'), ('PRICE_VARIANCE', 14, 'LEFT_ON_ACCOUNT'), ('CHARGE', 15, 'LEFT_ON_ACCOUNT'),
    ('MANUAL', 16, 'LEFT_ON_ACCOUNT'), ('ACCRUAL', 17, 'LEFT_ON_ACCOUNT'), ('PAYMENT', 18, 'LEFT_ON_ACCOUNT'),
    ('CONVERSION', 19, 'OPENING'), ('OPENING', 20, 'OPENING'), ('NOT_ACCRUED', 21, 'LEFT_OUT'), ('FX', 22, 'FX'),
    ('ROUNDING', 23, 'ROUNDING'), ('NOT_ITEMIZED', 24, 'NOT_ITEMIZED'), ('UNEXPLAINED', 25, 'UNEXPLAINED')] %}

final as (
    select
        parts.as_of as as_of_date,
        parts.legal_entity_code,
        parts.ledger_instance,
        parts.account_code,
        parts.currency_code,
        parts.bridge_class,
        case parts.bridge_class
            {%- for class, place, section in sections %}
            when '{{ class }}' then {{ place }}
            {%- endfor %}
        end as line_number,
        case parts.bridge_class
            {%- for class, place, section in sections %}
            when '{{ class }}' then '{{ section }}'
            {%- endfor %}
        end as section,
        count(*) as item_count,
        {{ money('sum(parts.amount)') }} as amount,
        coalesce(max(balances.ledger_balance), 0) as ledger_balance
    from parts
    left join balances
        on
            parts.legal_entity_code = balances.legal_entity_code
            and parts.ledger_instance = balances.ledger_instance
            and parts.account_code = balances.account_code
            and parts.currency_code = balances.currency_code
    group by
        parts.as_of, parts.legal_entity_code, parts.ledger_instance, parts.account_code, parts.currency_code,
        parts.bridge_class
)

select * from final
