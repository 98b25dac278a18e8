-- What a reader of the domain rules expects of a world's files, written without looking at the generator.
create or replace view receipt as
select
    PoNumber as po_number,
    PoLine as po_line,
    TransactionType as kind,
    ReceiptNumber || '|' || LineNumber as receipt_key,
    OriginalReceipt || '|' || OriginalLine as original_key,
    ItemNumber as item_number,
    Quantity::decimal(20, 6) as counted,
    Uom as counted_unit,
    StockQuantity::decimal(20, 6) as stock,
    case when TransactionType = 'RECEIPT' then 1 else -1 end * StockQuantity::decimal(20, 6) as signed_stock,
    PostingDate::date as posting_date,
    ReceiptDate::date as receipt_date,
    RecordedAt::timestamp as recorded_at,
    CreditExpected = 'true' as is_credit_expected,
    DeliveryComplete = 'true' as is_final,
    filename
from read_csv(getvariable('world') || '/inventory/outbound/receipts_*.csv',
    auto_detect = false, delim = ',', quote = '"', header = true, null_padding = true, filename = true,
    columns = {
        ReceiptNumber: 'varchar', LineNumber: 'varchar', TransactionType: 'varchar',
        PoNumber: 'varchar', PoLine: 'varchar', ItemNumber: 'varchar', Quantity: 'varchar',
        Uom: 'varchar', StockQuantity: 'varchar', StockUom: 'varchar', ReceiptDate: 'varchar',
        PostingDate: 'varchar', RecordedAt: 'varchar', Facility: 'varchar', Lot: 'varchar',
        OriginalReceipt: 'varchar', OriginalLine: 'varchar', CreditExpected: 'varchar',
        DeliveryComplete: 'varchar'
    })
where ReceiptNumber <> 'TRL';

create or replace view po_line as
select
    line.id as line_id,
    head."po-number" as po_number,
    line."line-num" as po_line,
    head.status,
    head."supplier.id" as supplier_id,
    head."supplier.name" as supplier_name,
    head."created-at" as created_at,
    head."custom-fields.legal-entity" as entity,
    head."custom-fields.planned-freight" as planned_freight,
    head."custom-fields.approved-at" as approved_at,
    line."match-type" <> '2-way' as is_three_way,
    line."custom-fields.delivery-complete" as is_delivery_complete,
    line."need-by-date" as need_by,
    line."item.item-number" as item_number,
    line."uom.code" as unit,
    line.quantity::decimal(20, 6) as quantity,
    line.price::decimal(20, 6) as price,
    line.total,
    factor.QuantityNumerator::decimal(20, 6) as factor,
    old.QuantityNumerator::decimal(20, 6) as old_factor,
    part.packaging
from read_parquet(getvariable('world') || '/procurement/purchase_order/*') as head
inner join read_parquet(getvariable('world') || '/procurement/purchase_order_line/*') as line
    on line.parent = head.id
left join read_parquet(getvariable('world') || '/erp_cloud/product_unit/*') as factor
    on factor.Product = line."item.item-number" and factor.AlternativeUnit = line."uom.code"
    and head."created-at"::date >= factor.ValidityStartDate
    and (factor.ValidityEndDate is null or head."created-at"::date < factor.ValidityEndDate)
left join read_parquet(getvariable('world') || '/erp_cloud/product_unit/*') as old
    on old.Product = factor.Product and old.AlternativeUnit = factor.AlternativeUnit
    and old.ValidityEndDate <= head."created-at"::date
left join read_parquet(getvariable('world') || '/procurement/supplier_item/*') as part
    on part.parent = line."item.id" and part."supplier.id" = head."supplier.id";

create or replace view bill as
select
    line.line_id,
    head.invoice_id,
    head.document_type,
    head.status as invoice_status,
    head.original_invoice_id,
    head.credit_kind,
    head.company_code,
    vendor.name as vendor_name,
    head.invoice_date,
    head.received_at,
    line.quantity::decimal(20, 6) as quantity,
    line.unit_price::decimal(20, 6) as unit_price,
    line.amount,
    line.uom,
    line.item_number as bill_item_number,
    line.po_number,
    line.po_line_number as po_line,
    line.quantity::decimal(20, 6) * case when line.uom = 'EA' then 1 else po.factor end as base_quantity,
    case when line.uom = 'EA' then 1 else po.factor end as bill_factor
from read_parquet(getvariable('world') || '/apauto/invoice/*') as head
inner join read_parquet(getvariable('world') || '/apauto/invoice_line/*') as line on line.parent = head.invoice_id
inner join read_parquet(getvariable('world') || '/apauto/vendor/*') as vendor using (vendor_id)
left join po_line as po on po.po_number = line.po_number and po.po_line = line.po_line_number;

create or replace view received as
select po_number, po_line, sum(signed_stock) as received
from receipt
where posting_date <= date '2026-06-30'
group by all;

create or replace view running as
select
    bill.*,
    sum(bill.base_quantity - coalesce(credit.base_quantity, 0)) over (
        partition by bill.po_number, bill.po_line order by bill.invoice_date, bill.received_at, bill.line_id
    ) as billed_so_far
from bill
left join bill as credit
    on credit.document_type = 'CREDIT_MEMO' and credit.original_invoice_id = bill.invoice_id
    and credit.po_line = bill.po_line
where bill.document_type = 'INVOICE' and bill.invoice_status <> 'VOID';

create or replace view ratio as
select
    po.po_number,
    po.po_line,
    coalesce(received.received, 0) as received,
    po.quantity * po.factor as ordered,
    max(receipt.counted_unit) as counted_unit,
    max(coalesce(pack.QuantityNumerator, 1))::decimal(20, 6) as counted_factor,
    any_value(po.factor) as factor,
    any_value(po.old_factor) as old_factor,
    any_value(regexp_extract(po.packaging, '^(\d+)/BX', 1)) as supplier_pack,
    count(receipt.receipt_key) - count(distinct (receipt.receipt_date, receipt.counted_unit, receipt.counted)) = 1
        as is_repeated
from po_line as po
left join received using (po_number, po_line)
left join receipt using (po_number, po_line)
left join read_parquet(getvariable('world') || '/erp_cloud/product_unit/*') as pack
    on pack.Product = po.item_number and pack.AlternativeUnit = receipt.counted_unit
group by po.po_number, po.po_line, received.received, po.quantity, po.factor;

create or replace view hypotheses as
select
    po_number,
    po_line,
    list_filter([
        case when old_factor is not null and received * factor = ordered * old_factor then 'UOM_OLD_FACTOR' end,
        case when factor > 1 and received * factor = ordered then 'ENTERED_IN_EACH' end,
        case when counted_factor > 1 and received = ordered * counted_factor then 'ENTERED_IN_PACK' end,
        case when supplier_pack <> '' and factor > 1 and supplier_pack::int <> factor
            and received * factor = ordered * supplier_pack::int then 'SUPPLIER_PACK' end,
        case when is_repeated and received = ordered * 2 then 'DUPLICATE_RECEIPT' end
    ], cause -> cause is not null) as causes
from ratio;

create or replace view finding as
with line as (
    select
        running.*,
        po.is_three_way,
        po.quantity * po.factor as ordered,
        case when po.is_three_way then coalesce(received.received, 0) else po.quantity * po.factor end as received,
        po.is_delivery_complete or po.status = 'closed' as is_complete,
        date '2026-06-30' - greatest(running.invoice_date, po.need_by) as days_waiting,
        po.price,
        po.factor
    from running
    inner join po_line as po using (po_number, po_line)
    left join received using (po_number, po_line)
)
select 'PRICE_OVER' as code, 'invoice_line' as entity_type, line_id as native_id, po_number, po_line, null as uncovered
from line
where unit_price * factor * 50 > price * bill_factor * 51
    or quantity * (unit_price * factor - price * bill_factor) > 25 * factor
union all
select 'PRICE_UNDER', 'invoice_line', line_id, po_number, po_line, null
from line
where unit_price * factor < price * bill_factor
union all
select 'QTY_OVER_ORDERED', 'invoice_line', line_id, po_number, po_line, null
from line
where billed_so_far > ordered
union all
select
    case
        when is_complete or billed_so_far > ordered then 'QTY_OVER_RECEIVED'
        when days_waiting > 14 then 'RECEIPT_OVERDUE'
        else 'AWAITING_RECEIPT'
    end,
    'invoice_line', line_id, po_number, po_line, billed_so_far - received
from line
where billed_so_far > received
union all
select 'RECEIPT_OVER_ORDERED', 'purchase_order_line', po.line_id::varchar, po_number, po_line, null
from po_line as po
inner join received using (po_number, po_line)
where received > po.quantity * po.factor;
