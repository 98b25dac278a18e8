-- One row per day for which a ledger states the balance of an account of goods received and not invoiced: what of it the postings do not make up since the statement before (domain_rules 3.9).
with

accounts as (select * from {{ ref('int_bridge__account') }}),
postings as (select * from {{ ref('int_bridge__posting') }}),

stated as (
    select
        balances.*,
        -- What is owed stands on the credit side.
        -balances.amount as balance_amount
    from {{ ref('fct_account_balance') }} as balances
    inner join accounts
        on
            balances.source_instance = accounts.source_instance
            and balances.account_code = accounts.account_code
            and balances.legal_entity_code = accounts.legal_entity_code
),

compared as (
    select
        stated.source_instance,
        stated.native_id,
        stated.legal_entity_code,
        stated.account_code,
        stated.currency_code,
        stated.balance_date,
        stated.balance_amount,
        coalesce(sum(case when postings.posting_date <= stated.balance_date then postings.owed_amount end), 0)
            as posted_amount,
        count(case when postings.posting_date > stated.balance_date then 1 end) as later_count
    from stated
    left join postings
        on
            stated.source_instance = postings.source_instance
            and stated.legal_entity_code = postings.legal_entity_code
            and stated.account_code = postings.account_code
            and stated.currency_code = postings.currency_code
    group by
        stated.source_instance, stated.native_id, stated.legal_entity_code, stated.account_code, stated.currency_code,
        stated.balance_date, stated.balance_amount
),

{% set account_in_time %}
partition by source_instance, legal_entity_code, account_code, currency_code order by balance_date
{%- endset %}
final as (
    select
        source_instance,
        native_id,
        legal_entity_code,
        account_code,
        currency_code,
        balance_date,
        balance_amount,
        -- Postings that go on from the first statement make it the balance brought forward.
        case
            when later_count > 0 and row_number() over (
                {{ account_in_time }}
            ) = 1 then 'CONVERSION'
            else 'NOT_ITEMIZED'
        end as bridge_class,
        {{ money('balance_amount - posted_amount - coalesce(lag(balance_amount - posted_amount)'
            ~ ' over (' ~ account_in_time ~ '), 0)') }} as amount
    from compared
)

select * from final
