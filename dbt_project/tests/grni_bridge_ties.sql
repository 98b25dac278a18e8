-- Fails on every account whose bridge does not end at the balance of the ledger (domain_rules 3.9).
select
    legal_entity_code,
    ledger_instance,
    account_code,
    currency_code,
    sum(amount) as amount,
    max(ledger_balance) as ledger_balance
from {{ ref('mart_grni_bridge') }}
group by legal_entity_code, ledger_instance, account_code, currency_code
having sum(amount) <> max(ledger_balance)
