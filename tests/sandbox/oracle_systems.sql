-- What a reader of the domain rules expects where systems disagree, written without looking at the generator.
-- Read after oracle.sql; every view named finding_* has code, entity_type, native_id, cause.
create or replace macro world_end() as timestamp '2026-07-01 05:00:00';
create or replace macro root_name(name) as trim(regexp_replace(
    regexp_replace(upper(name), '[^A-Z0-9 ]', '', 'g'),
    ' (INC|INCORPORATED|LLC|CORP|CORPORATION|CO|COMPANY|LP)$', ''
));
create or replace macro table_of(path) as table
    select * from read_parquet(getvariable('world') || '/' || path || '/*', union_by_name = true);

-- Suppliers -------------------------------------------------------------------------------------------------
create or replace view supplier_record as
select 'procurement' as instance, id::varchar as native_id, root_name(name) as root, "tax-id" as tax_id, duns
from table_of('procurement/supplier')
union all
select 'apauto', vendor_id, root_name(name), tax_id, null from table_of('apauto/vendor')
union all
select 'erp_cloud', Supplier, root_name(SupplierFullName), TaxNumber1, DUNS from table_of('erp_cloud/supplier')
union all
select 'erp_legacy', vendor_id, root_name(name1), left(tin, 2) || '-' || substr(tin, 3), duns
from table_of('erp_legacy/ps_vendor');

-- Whose a record is: no rule can say it, so the reader is told.
create or replace view whose as
select instance, native_id, supplier from table_of('truth/supplier_record');
create or replace macro digits_of(tax_id) as nullif(regexp_replace(tax_id, '[^0-9]', '', 'g'), '');

create or replace view finding_supplier as
select
    'DUPLICATE_SUPPLIER' as code,
    'supplier' as entity_type,
    later.native_id,
    case when max(digits_of(earlier.tax_id) = digits_of(later.tax_id)) then 'S1' else 'S1D' end as cause
from supplier_record as earlier
inner join supplier_record as later
    on earlier.instance = later.instance and earlier.root = later.root and earlier.native_id < later.native_id
    and ((digits_of(earlier.tax_id) = digits_of(later.tax_id) and digits_of(later.tax_id) <> '123456789')
        or ((earlier.tax_id is null or later.tax_id is null) and earlier.duns = later.duns))
group by later.native_id;

-- What each system says of one document ----------------------------------------------------------------------
create or replace view erp_order as
select PurchaseOrder as po_number, PurchasingProcessingStatus as status, Supplier as supplier, CompanyCode as entity
from table_of('erp_cloud/purchase_order')
union all
select po_id, case po_status when 'C' then '05' when 'X' then '08' else '02' end, vendor_id, business_unit
from table_of('erp_legacy/ps_po_hdr');

create or replace view erp_order_value as
select PurchaseOrder as po_number, sum(round(OrderQuantity::decimal(19, 6) * NetPriceAmount::decimal(19, 6), 2)) as amount, count(*) as lines
from table_of('erp_cloud/purchase_order_item')
group by all
union all
select po_id, sum(merchandise_amt), count(*) from table_of('erp_legacy/ps_po_line') group by all;

create or replace view erp_receipt as
select
    ReferenceDocument || '|' || ReferenceDocumentItem as receipt_key,
    QuantityInBaseUnit as stock,
    MaterialDocumentYear || '|' || MaterialDocument || '|' || MaterialDocumentItem as reference,
    LastChangeDateTime as recorded_at
from table_of('erp_cloud/material_document_item')
union all
select
    ext_receipt_id || '|' || ext_receipt_ln, qty_base, business_unit || '|' || receiver_id || '|' || recv_ln_nbr,
    entered_dttm at time zone 'America/Chicago' at time zone 'UTC'
from table_of('erp_legacy/ps_recv_ln_ship');

create or replace view erp_invoice as
select
    'LH01' as entity, SupplierInvoiceIDByInvcgParty as invoice_number, DocumentDate as invoice_date,
    InvoiceGrossAmount as gross, ClearingDate as paid_on
from table_of('erp_cloud/supplier_invoice') as head
inner join table_of('erp_cloud/ap_item') as item on item.AccountingDocument = head.SupplierInvoice
union all
select 'LH02', invoice_id, invoice_dt, abs(gross_amt), pymnt_dt
from table_of('erp_legacy/ps_voucher')
inner join table_of('erp_legacy/ps_pymnt_vchr_xref') using (voucher_id)
left join table_of('erp_legacy/ps_payment_tbl') using (pymnt_id);

create or replace view booked_receipt as
select ReferenceDocument as reference
from table_of('erp_cloud/journal_entry_item')
where ReferenceDocumentType = 'MKPF' and GLAccount = '210000'
union all
select ref_id from table_of('erp_legacy/ps_jrnl_ln') where ref_type = 'RECV' and account = '210000';

-- Between the systems ------------------------------------------------------------------------------------------
create or replace view finding_replica as
with head as (
    select
        head.id::varchar as native_id, head."po-number" as po_number, head.status,
        head."custom-fields.approved-at" as approved_at, sum(line.total) as amount, count(*) as lines
    from table_of('procurement/purchase_order') as head
    inner join table_of('procurement/purchase_order_line') as line on line.parent = head.id
    where head.status in ('issued', 'closed', 'cancelled')
    group by all
),
invoice as (
    select
        head.invoice_id, head.status = 'PAID' as is_paid, head.updated_at, erp.paid_on
    from table_of('apauto/invoice') as head
    inner join erp_invoice as erp
        on erp.entity = head.company_code and erp.invoice_number = head.invoice_number
        and erp.invoice_date = head.invoice_date and erp.gross = head.gross_amount
)
select 'PO_NOT_REPLICATED' as code, 'purchase_order' as entity_type, native_id, null as cause
from head
where approved_at < world_end() - interval 24 hours and po_number not in (from erp_order select po_number)
union all
select 'PO_VALUE_DIFFERS', 'purchase_order', native_id, null
from head
inner join erp_order_value as erp using (po_number)
where erp.amount <> head.amount or erp.lines <> head.lines
union all
select
    case when 'cancelled' = head.status or erp.status = '08' then 'CANCEL_NOT_REPLICATED' else 'PO_STATUS_DIFFERS' end,
    'purchase_order', native_id, null
from head
inner join erp_order as erp using (po_number)
where erp.status <> case head.status when 'closed' then '05' when 'cancelled' then '08' else '02' end
union all
select 'RECEIPT_NOT_REPLICATED', 'receipt_line', receipt_key, null
from receipt
where recorded_at < world_end() - interval 24 hours and receipt_key not in (from erp_receipt select receipt_key)
union all
select 'RECEIPT_QTY_DIFFERS', 'receipt_line', receipt_key, null
from receipt
inner join erp_receipt as erp using (receipt_key)
where erp.stock <> receipt.stock
union all
select 'PAYMENT_NOT_REPLICATED', 'invoice', invoice_id, null
from invoice
where (is_paid and paid_on is null and updated_at < world_end() - interval 72 hours)
    or (not is_paid and paid_on + interval 1 day < world_end() - interval 72 hours)
union all
select
    case when count(erp.gross) = 0 then 'INVOICE_NOT_REPLICATED' else 'INVOICE_VALUE_DIFFERS' end,
    'invoice', head.invoice_id, null
from table_of('apauto/invoice') as head
left join erp_invoice as erp
    on erp.entity = head.company_code and erp.invoice_number = head.invoice_number
    and erp.invoice_date = head.invoice_date
where head.status in ('POSTED', 'PAID') and head.updated_at < world_end() - interval 72 hours
group by head.invoice_id, head.gross_amount
having count(*) filter (erp.gross = head.gross_amount) = 0
union all
select 'ACCRUAL_MISSING', 'purchase_order_line', po.line_id::varchar, null
from po_line as po
inner join received using (po_number, po_line)
left join (
    select po_number, po_line, sum(case document_type when 'INVOICE' then base_quantity else -base_quantity end) as billed
    from bill where invoice_status <> 'VOID' group by all
) as billed using (po_number, po_line)
where received.received > coalesce(billed.billed, 0) and exists (
    select 1
    from receipt
    inner join erp_receipt using (receipt_key)
    where receipt.po_number = po.po_number and receipt.po_line = po.po_line
        and erp_receipt.recorded_at < world_end() - interval 24 hours
        and erp_receipt.reference not in (from booked_receipt select reference)
);

-- Invoices that came twice -------------------------------------------------------------------------------------
create or replace view standing_invoice as
select
    head.invoice_id, vendor.tax_id, head.invoice_date, head.received_at, head.gross_amount, head.document_hash,
    head.company_code,
    regexp_replace(upper(head.invoice_number), '[^A-Z0-9]', '', 'g') as form_1,
    regexp_extract(upper(head.invoice_number), '(\d+)$', 1) as form_2,
    (select list(distinct po_number || '|' || po_line order by po_number || '|' || po_line)
     from bill where bill.invoice_id = head.invoice_id) as po_lines
from table_of('apauto/invoice') as head
inner join table_of('apauto/vendor') as vendor using (vendor_id)
where head.document_type = 'INVOICE' and head.status <> 'VOID'
    and head.invoice_id not in (
        select original_invoice_id from table_of('apauto/invoice')
        where credit_kind = 'REVERSAL' and original_invoice_id is not null
    );

create or replace view overbilled as
select distinct running.invoice_id
from running
inner join po_line as po using (po_number, po_line)
where running.billed_so_far > po.quantity * po.factor;

create or replace view finding_duplicate as
with pair as (
    select
        later.invoice_id,
        later.form_1 = earlier.form_1 as same_number,
        later.form_2 = earlier.form_2 as same_digits,
        later.gross_amount = earlier.gross_amount as same_amount,
        later.invoice_date = earlier.invoice_date as same_date,
        abs(later.invoice_date - earlier.invoice_date) <= 7 as same_week,
        later.document_hash = earlier.document_hash as same_image,
        later.po_lines = earlier.po_lines as same_lines,
        len(list_intersect(later.po_lines, earlier.po_lines)) > 0
            and later.invoice_id in (from overbilled select invoice_id) as overbills,
        damerau_levenshtein(later.form_1, earlier.form_1) = 1 as mistyped
    from standing_invoice as later
    inner join standing_invoice as earlier
        on earlier.tax_id = later.tax_id
        and (earlier.received_at, earlier.invoice_id) < (later.received_at, later.invoice_id)
        and (earlier.gross_amount = later.gross_amount or earlier.form_1 = later.form_1
            or earlier.document_hash = later.document_hash)
),
classed as (
    select
        invoice_id,
        case
            when same_image then 'D7'
            when same_number and same_amount then 'D1'
            when same_number and same_date then 'D2'
            when same_digits and same_amount and same_week then 'D3'
            when same_amount and mistyped then 'D6'
            when same_amount and same_date and same_lines then 'D4'
            when same_amount and overbills then 'D5'
        end as class
    from pair
    union all
    select standing.invoice_id, 'D8'
    from standing_invoice as standing
    inner join table_of('apauto/invoice') as head using (invoice_id)
    inner join erp_invoice as erp
        on erp.invoice_number = head.invoice_number and erp.invoice_date = head.invoice_date
        and erp.gross = head.gross_amount
    group by standing.invoice_id
    having count(distinct erp.entity) > 1
)
select 'DUPLICATE_INVOICE' as code, 'invoice' as entity_type, invoice_id as native_id, min(class) as cause
from classed
where class is not null
group by invoice_id
union all
-- Both ERPs post what they hold.
select 'POSTED_IN_TWO_LEDGERS', 'invoice', invoice_id, null
from classed
where class = 'D8'
group by invoice_id;

-- Returns and contract prices ----------------------------------------------------------------------------------
create or replace view uncredited as
with went_back as (
    select po_number, po_line, sum(stock) as quantity, max(posting_date) as returned_on
    from receipt where kind = 'RETURN' group by all
),
credited as (
    select po_number, po_line, sum(base_quantity) as quantity
    from bill where document_type = 'CREDIT_MEMO' and credit_kind = 'QUANTITY' group by all
)
select po_number, po_line, went_back.quantity - coalesce(credited.quantity, 0) as quantity, returned_on
from went_back left join credited using (po_number, po_line)
where went_back.quantity > coalesce(credited.quantity, 0);

create or replace view finding_return as
select 'RETURN_WITHOUT_CREDIT' as code, 'purchase_order_line' as entity_type, po.line_id::varchar as native_id, null as cause
from uncredited
inner join po_line as po using (po_number, po_line)
where returned_on < date '2026-06-30' - 30;

create or replace view published_price as
select
    deal.SupplierNumber as supplier_number, ItemNumber as item_number, Uom as unit, ContractNumber, Tier,
    UnitPrice::decimal(19, 6) * (1 + Markup::decimal(19, 8)) as price,
    price.ValidFrom as valid_from, price.ValidTo as valid_to
from read_csv(getvariable('world') || '/sourcing/outbound/prices_*.csv', header = true, all_varchar = true, null_padding = true)
    as price
inner join read_csv(getvariable('world') || '/sourcing/outbound/contracts_*.csv', header = true, all_varchar = true, null_padding = true)
    as deal using (ContractNumber)
where ContractNumber <> 'TRL';

create or replace view finding_price as
with bought as (
    select
        po.line_id, po.price, po.item_number, po.unit, po.created_at, po.status,
        whose.supplier as supplier_number,
        timezone('America/Chicago', timezone('UTC', po.created_at))::date as bought_on
    from po_line as po
    inner join whose on whose.instance = 'procurement' and whose.native_id = po.supplier_id::varchar
    where po.status in ('issued', 'closed', 'received', 'cancelled')
),
valid as (
    select
        bought.*, price.price as expected, price.valid_from, price.ContractNumber, price.Tier,
        min(replica."created-at") as known_at
    from bought
    inner join published_price as price
        on price.supplier_number = bought.supplier_number and price.item_number = bought.item_number
        and price.unit = bought.unit and coalesce(price.Tier, 'T2') = 'T2'
        and bought_on >= price.valid_from::date and bought_on < price.valid_to::date
    left join table_of('procurement/contract_price') as replica
        on replica."contract.number" = price.ContractNumber and replica."item.item-number" = price.item_number
        and replica."uom.code" = price.unit and replica.tier is not distinct from price.Tier
        and replica."start-date" = price.valid_from::date
    group by all
)
select
    case
        when abs(valid.price - old.price) <= 0.001 and known_at > created_at then 'LATE_SYNC'
        when abs(valid.price - old.price) <= 0.001 then 'STALE_PRICE'
        when abs(valid.price - other.price) <= 0.001 then 'WRONG_TIER'
        when abs(valid.price * pack.QuantityNumerator::int - expected) <= 0.001 * expected then 'UOM_MISMATCH'
        else 'UNEXPLAINED'
    end as code,
    'purchase_order_line' as entity_type, line_id::varchar as native_id, null as cause
from valid
left join published_price as old
    on old.ContractNumber = valid.ContractNumber and old.item_number = valid.item_number and old.unit = valid.unit
    and old.Tier is not distinct from valid.Tier and old.valid_to = valid.valid_from
left join published_price as other
    on other.ContractNumber = valid.ContractNumber and other.item_number = valid.item_number and other.unit = valid.unit
    and other.Tier <> valid.Tier and other.valid_from = valid.valid_from
left join table_of('erp_cloud/product_unit') as pack
    on pack.Product = valid.item_number and pack.AlternativeUnit = valid.unit and pack.ValidityEndDate is null
where abs(valid.price - expected) > 0.001 * valid.price / 2
union all
select 'EXPIRED_CONTRACT', 'purchase_order_line', bought.line_id::varchar, null
from bought
inner join published_price as price
    on price.supplier_number = bought.supplier_number and price.item_number = bought.item_number
    and price.unit = bought.unit and coalesce(price.Tier, 'T2') = 'T2' and price.valid_to::date <= bought_on
    and abs(bought.price - price.price) <= 0.001
where bought.status <> 'cancelled' and bought.line_id not in (from valid select line_id)
union all
select distinct 'OFF_CONTRACT_ITEM', 'purchase_order_line', bought.line_id::varchar, null
from bought
inner join published_price as price
    on price.supplier_number <> bought.supplier_number and price.item_number = bought.item_number
    and price.unit = bought.unit and bought_on >= price.valid_from::date and bought_on < price.valid_to::date
where bought.status <> 'cancelled' and bought.line_id not in (from valid select line_id)
    and bought.supplier_number in (from published_price select supplier_number);

-- A number that a later year begins again with, for another amount, is worth a word and no duplicate.
create or replace view finding_restarted as
select distinct 'INVOICE_NUMBER_RESTARTED' as code, 'invoice' as entity_type, later.invoice_id as native_id, null as cause
from standing_invoice as later
inner join standing_invoice as earlier
    on earlier.tax_id = later.tax_id and earlier.form_1 = later.form_1
    and earlier.gross_amount <> later.gross_amount and year(earlier.invoice_date) < year(later.invoice_date);

create or replace view finding_systems as
from finding_supplier
union all
from finding_restarted
union all
from finding_replica
union all
from finding_duplicate
union all
from finding_return
union all
from finding_price;
