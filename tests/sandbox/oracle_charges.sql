-- What a reader of the domain rules (3.4.6) expects of charges, tax and totals of invoices, and of references,
-- written without looking at the generator. Read after oracle.sql; the view has code, entity_type, native_id, cause.
create or replace view header as
select
    head.invoice_id, head.company_code, head.gross_amount, head.tax_amount, head.freight_amount,
    max(po.planned_freight) as planned_freight,
    sum(bill.amount) as merchandise,
    head.gross_amount - sum(bill.amount) - head.tax_amount - head.freight_amount as rest
from table_of('apauto/invoice') as head
inner join bill using (invoice_id)
left join po_line as po on po.po_number = bill.po_number and po.po_line = bill.po_line
where head.document_type = 'INVOICE' and head.status <> 'VOID'
group by head.invoice_id, head.company_code, head.gross_amount, head.tax_amount, head.freight_amount;

create or replace view finding_charge as
select 'TAX_UNEXPECTED' as code, 'invoice' as entity_type, invoice_id as native_id, null as cause
from header
inner join read_csv(getvariable('landscape') || '/seeds/tax_exemption.csv', all_varchar = true) as exemption
    on exemption.legal_entity_code = company_code and is_exempt = 'true'
where tax_amount > 0
union all
select case when coalesce(planned_freight, 0) = 0 then 'CHARGE_UNPLANNED' else 'CHARGE_OVER' end, 'invoice', invoice_id, null
from header
where freight_amount - coalesce(planned_freight, 0) > greatest(50, 0.02 * merchandise)
union all
select 'CONTROL_TOTAL_MISMATCH', 'invoice', invoice_id, null
from header
where abs(rest) > 5
union all
select 'NO_PO_LINK', 'invoice_line', line_id, null
from bill
where document_type = 'INVOICE' and invoice_status <> 'VOID' and po_number is null
union all
select 'LINK_CONFLICT', 'invoice_line', bill.line_id, null
from bill
inner join po_line using (po_number, po_line)
where invoice_status <> 'VOID' and company_code <> entity;

-- Whose documents may be wrong, for those who check that all others are right.
create or replace macro spoiled(code) as table
    select native_id from read_parquet(getvariable('world') || '/labels.parquet') where fault_code = code;
