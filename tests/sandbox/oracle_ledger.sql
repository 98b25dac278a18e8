-- What a reader of the domain rules (3.9, 3.10) expects of accounts and accruals, by the hand that
-- also planted the faults: it holds generator and rules together, and is no second opinion of the rules.
-- Read after oracle_systems.sql; the view has code, entity_type, native_id, cause.
create or replace view coded_line as
select
    line.id::varchar as native_id,
    head."po-number" as po_number,
    line."line-num" as po_line,
    line."commodity.code" as commodity,
    line."custom-fields.spend-type" as spend_type,
    line."account.segment-3" as account,
    line.price::decimal(20, 6) / case when line."uom.code" = 'EA' then 1 else po_line.factor end as each_price
from table_of('procurement/purchase_order') as head
inner join table_of('procurement/purchase_order_line') as line on line.parent = head.id
inner join po_line on po_line.po_number = head."po-number" and po_line.po_line = line."line-num"
where head.status <> 'cancelled' and line.status <> 'cancelled';

-- The longest commodity prefix wins, and of two equally long the one that also asks for the kind of spend.
create or replace view ruled_line as
with fitting as (
    select
        coded_line.native_id, rule.value,
        length(rule.category) * 10 + (rule.spend_type is not null)::integer as weight
    from coded_line
    inner join read_csv(getvariable('landscape') || '/seeds/account_rule.csv', all_varchar = true) as rule
        on rule.segment = 'ACCOUNT' and rule.category is not null and starts_with(coded_line.commodity, rule.category)
        and (rule.spend_type is null or rule.spend_type = coded_line.spend_type)
)
select native_id, list(value) as accounts
from fitting
where weight = (select max(other.weight) from fitting as other where other.native_id = fitting.native_id)
group by native_id;

create or replace view finding_ledger as
select 'DERIVATION_FAILED' as code, 'purchase_order_line' as entity_type, native_id, case
    when accounts is null then 'NO_RULE'
    when len(accounts) > 1 then 'AMBIGUOUS_RULE'
    when accounts[1] not in (from table_of('erp_cloud/gl_account') select GLAccount) then 'SEGMENT_INACTIVE'
    when spend_type = 'CAPITAL' and accounts[1] like '6%' and each_price >= 750 then 'CAPITAL_THRESHOLD'
end as cause
from coded_line
left join ruled_line using (native_id)
where cause is not null
union all
select 'CODING_DIFFERS', 'invoice_line', line.line_id, 'PO_INVOICE_DIFFER'
from table_of('apauto/invoice_line') as line
inner join table_of('apauto/invoice') as head on head.invoice_id = line.parent
inner join coded_line on coded_line.po_number = line.po_number and coded_line.po_line = line.po_line_number
where head.status <> 'VOID' and coded_line.account <> line.gl_account
union all
-- Only an order says what commodity a line is, and a cost center is one company's.
select 'DERIVATION_FAILED', 'invoice_line', line.line_id, case
    when line.po_number is null then 'NO_CATEGORY'
    when center.CompanyCode <> head.company_code then 'COST_CENTER_MAP_GAP'
end as cause
from table_of('apauto/invoice_line') as line
inner join table_of('apauto/invoice') as head on head.invoice_id = line.parent
left join table_of('erp_cloud/cost_center') as center on center.CostCenter = line.cost_center
where head.status <> 'VOID' and cause is not null
union all
select 'ORPHAN_POSTING', 'journal_line', concat_ws('|', CompanyCode, FiscalYear, AccountingDocument, LedgerGLLineItem), null
from table_of('erp_cloud/journal_entry_item')
where ReferenceDocumentType = 'MKPF' and GLAccount = '210000'
    and ReferenceDocument not in (from erp_receipt select reference)
union all
-- What a ledger booked of a receipt, against what inventory counted of it at the order's price.
select 'ACCRUAL_WRONG', 'purchase_order_line', native_id, 'RECEIPT_VALUE'
from (
    select ReferenceDocument as reference,
        case DebitCreditCode when 'H' then 1 else -1 end * AmountInTransactionCurrency as booked
    from table_of('erp_cloud/journal_entry_item')
    where ReferenceDocumentType = 'MKPF' and GLAccount = '210000' and PostingDate <= date '2026-06-30'
    union all
    select ref_id, -monetary_amount
    from table_of('erp_legacy/ps_jrnl_ln')
    where ref_type = 'RECV' and account = '210000' and journal_date <= date '2026-06-30'
)
inner join erp_receipt using (reference)
inner join receipt using (receipt_key)
inner join po_line using (po_number, po_line)
inner join coded_line using (po_number, po_line)
group by native_id
having abs(sum(booked - receipt.signed_stock * po_line.price / po_line.factor)) > 0.01 * (count(*) + 4);
