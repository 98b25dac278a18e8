-- One row per account of a ledger and day up to the run's for which its balance is stated (domain_rules 3.9).
with

balances as (select * from {{ ref('can_account_balance') }} where not is_deleted),
ledgers as (select * from {{ ref('int_ledger__entity') }}),
run as (select * from {{ ref('stg_landscape__run') }}),

final as (
    select
        balances.account_balance_key,
        balances.source_system,
        balances.source_instance,
        balances.native_id,
        balances.ledger_code,
        coalesce(balances.legal_entity_code, ledgers.legal_entity_code) as legal_entity_code,
        balances.account_code,
        balances.currency_code,
        balances.balance_date,
        {{ money('balances.debit_amount - balances.credit_amount') }} as amount
    from balances
    inner join run on balances.balance_date <= run.as_of
    left join ledgers on balances.ledger_code = ledgers.ledger_code
)

select * from final
