-- What a reader of the domain rules (3.6.4) expects of payment terms, written without looking at the generator.
-- Read after oracle_systems.sql; the view has code, entity_type, native_id, cause. The finance system owns terms.
create or replace view agreed_terms as
select root_name(SupplierFullName) as root, min(PaymentTerms) as terms from table_of('erp_cloud/supplier')
group by all having count(distinct PaymentTerms) = 1;

create or replace view finding_terms as
with record as (
    select id::varchar as native_id, root_name(name) as root, "payment-term.code" as terms from table_of('procurement/supplier')
    union all
    select vendor_id, root_name(name), terms from table_of('apauto/vendor')
    union all
    select vendor_id, root_name(name1), pymnt_terms_cd from table_of('erp_legacy/ps_vendor')
), purchase as (
    -- A copied record may bear another name than the supplier's own.
    select id::varchar as native_id, "po-number" as po_number, status,
        root_name(coalesce(own.SupplierFullName, "supplier.name")) as root, "payment-term.code" as terms
    from table_of('procurement/purchase_order')
    left join whose on whose.instance = 'procurement' and whose.native_id = "supplier.id"::varchar
    left join table_of('erp_cloud/supplier') as own on own.Supplier = whose.supplier
), contract as (
    select ContractNumber as native_id, root_name(SupplierFullName) as root, contract.PaymentTerms as terms
    from read_csv(getvariable('world') || '/sourcing/outbound/contracts_*.csv', header = true, all_varchar = true,
        null_padding = true) as contract
    join table_of('erp_cloud/supplier') as supplier on supplier.Supplier = contract.SupplierNumber
)
select 'TERMS_MISMATCH' as code, 'supplier' as entity_type, native_id, 'RECORD_VS_RECORD' as cause
from record join agreed_terms using (root) where record.terms <> agreed_terms.terms
union all
select 'TERMS_MISMATCH', 'contract', native_id, 'CONTRACT_VS_RECORD'
from contract join agreed_terms using (root) where contract.terms <> agreed_terms.terms
union all
select 'TERMS_MISMATCH', 'purchase_order', native_id, 'ORDER_VS_RECORD'
from purchase join agreed_terms using (root)
where purchase.terms <> agreed_terms.terms and status not in ('draft', 'pending_approval', 'cancelled')
union all
select 'TERMS_MISMATCH', 'invoice', invoice_id, 'INVOICE_VS_ORDER'
from table_of('apauto/invoice') as bill join purchase using (po_number)
where bill.payment_terms <> purchase.terms and document_type = 'INVOICE' and bill.status <> 'VOID';
