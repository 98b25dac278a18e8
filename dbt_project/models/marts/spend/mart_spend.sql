-- One row per invoice line or charge; over all charge classes it sums to the signed gross of the invoices.
with

spend_rows as (select * from {{ ref('int_spend_row') }}),
invoices as (select * from {{ ref('fct_invoice') }}),
lines as (select * from {{ ref('fct_invoice_line') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
suppliers as (select * from {{ ref('dim_supplier') }}),
items as (select * from {{ ref('dim_item') }}),
cost_centers as (select * from {{ ref('dim_cost_center') }}),

-- A header charge follows the invoice's largest line to its facility and cost center.
largest as (
    select
        invoice_key,
        purchase_order_line_key,
        cost_center_code,
        facility_code,
        row_number() over (
            partition by invoice_key
            order by abs(line_amount) desc nulls last, line_number nulls last, native_id
        ) as size_rank
    from lines
),

placed as (
    select
        spend_rows.spend_line_key,
        spend_rows.invoice_key,
        spend_rows.invoice_line_key,
        spend_rows.charge_class,
        spend_rows.spend_amount,
        coalesce(lines.purchase_order_line_key, largest.purchase_order_line_key) as purchase_order_line_key,
        coalesce(lines.facility_code, largest.facility_code) as facility_code,
        coalesce(lines.cost_center_code, largest.cost_center_code) as cost_center_code,
        lines.account_code,
        lines.item_key,
        lines.description
    from spend_rows
    left join lines on spend_rows.invoice_line_key = lines.invoice_line_key
    left join largest on spend_rows.invoice_key = largest.invoice_key and largest.size_rank = 1
),

coded as (
    select
        placed.*,
        coalesce(placed.cost_center_code, order_lines.cost_center_code) as final_cost_center_code,
        coalesce(placed.facility_code, order_lines.facility_code) as document_facility_code,
        coalesce(placed.account_code, order_lines.account_code) as final_account_code,
        coalesce(placed.item_key, order_lines.item_key) as final_item_key,
        order_lines.category_code,
        order_lines.contract_id,
        order_lines.po_number,
        order_lines.description as order_description
    from placed
    left join order_lines on placed.purchase_order_line_key = order_lines.purchase_order_line_key
),

final as (
    select
        coded.spend_line_key,
        invoices.source_instance,
        invoices.legal_entity_code,
        coalesce(coded.document_facility_code, cost_centers.facility_code) as facility_code,
        cost_centers.service_line_code,
        coded.final_cost_center_code as cost_center_code,
        cost_centers.cost_center_name,
        coded.final_account_code as account_code,
        invoices.supplier_id,
        invoices.supplier_key,
        suppliers.supplier_name,
        coded.final_item_key as item_key,
        coalesce(items.description, coded.order_description, coded.description) as item_description,
        coalesce(coded.category_code, items.category_code) as category_code,
        coded.contract_id as contract_number,
        coalesce(coded.po_number, invoices.po_number) as po_number,
        invoices.invoice_number,
        invoices.invoice_date,
        invoices.business_date as posting_date,
        substr(cast(invoices.business_date as string), 1, 7) as period_code,
        coded.charge_class,
        invoices.currency_code,
        coded.spend_amount
    from coded
    inner join invoices on coded.invoice_key = invoices.invoice_key
    left join suppliers on invoices.supplier_key = suppliers.supplier_key
    left join items on coded.final_item_key = items.item_key
    left join cost_centers
        on
            coded.final_cost_center_code = cost_centers.cost_center_code
            and coalesce(cost_centers.legal_entity_code, invoices.legal_entity_code, '')
            = coalesce(invoices.legal_entity_code, '')
            and {{ in_interval('invoices.business_date', 'cost_centers.valid_from', 'cost_centers.valid_to') }}
)

select * from final
