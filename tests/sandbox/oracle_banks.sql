-- What a reader of the domain rules (3.6.6) expects of bank accounts, written without looking at the generator.
-- Read after oracle_systems.sql; the view has code, entity_type, native_id, cause.
create or replace view bank_account as
select BusinessPartner || '|' || BankIdentification as account_id, BusinessPartner as supplier,
    BankNumber || '|' || BankAccount as account, ValidityStartDate as starts_on, ValidityEndDate as ends_on
from table_of('erp_cloud/supplier_bank');

create or replace view bank_payment as
select CompanyCode || '|' || ClearingDocFiscalYear || '|' || ClearingAccountingDocument as payment_id,
    Supplier as supplier, max(ClearingDate) as paid_on, sum(AmountInTransactionCurrency) as amount
from table_of('erp_cloud/ap_item') where ClearingAccountingDocument is not null group by all;

-- In force, begun within the world, and never an account of the supplier before.
create or replace view new_account as
from bank_account as later
where starts_on >= '2025-01-01' and ends_on is null
    and not exists (from bank_account as earlier
        where earlier.supplier = later.supplier and earlier.account = later.account and earlier.starts_on < later.starts_on);

create or replace view paid_to_new as
select payment_id, paid_on - starts_on as days, amount > (
    select quantile_cont(others.amount, 0.95) from bank_payment as others where others.supplier = new_account.supplier
) as is_large
from bank_payment join new_account using (supplier) where paid_on >= starts_on;

create or replace view finding_bank as
select 'BANK_CHANGE_UNRELEASED' as code, 'supplier_bank_account' as entity_type, account_id as native_id,
    null::varchar as cause
from new_account
union all
select 'PAID_TO_UNRELEASED_BANK', 'payment', payment_id, null from paid_to_new
union all
select 'RISKY_TIMING', 'payment', payment_id, null from paid_to_new where days <= 10 and is_large
union all
select 'BANK_SHARED', 'supplier_bank_account', account_id, null from bank_account
where account in (select account from bank_account where ends_on is null
    group by account having count(distinct supplier) > 1)
union all
select 'BANK_FLIP', 'supplier_bank_account', later.account_id, null
from bank_account as later join bank_account as earlier using (supplier, account)
where later.starts_on between earlier.ends_on and earlier.ends_on + 30;
