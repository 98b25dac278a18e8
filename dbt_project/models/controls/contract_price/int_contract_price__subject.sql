-- One row per PO line whose price can be read: what its contract price is looked up by, and on which day for each basis (domain_rules 3.8).
with

order_lines as (
    select * from {{ ref('fct_purchase_order_line') }} where unit_factor > 0 and order_unit_price is not null
),
usage as (select * from {{ ref('int_purchase_order_line__usage') }}),
items as (select * from {{ ref('dim_item') }}),
contracts as (select * from {{ ref('dim_contract') }}),
invoice_lines as (select * from {{ ref('fct_invoice_line') }} where charge_class in ('GOODS', 'SERVICE')),
invoices as (select * from {{ ref('fct_invoice') }} where not is_void and invoice_type <> 'CREDIT'),

invoiced as (
    select
        invoice_lines.purchase_order_line_key,
        min(invoices.invoice_date) as invoiced_on
    from invoice_lines
    inner join invoices on invoice_lines.invoice_key = invoices.invoice_key
    where invoice_lines.purchase_order_line_key is not null
    group by invoice_lines.purchase_order_line_key
),

-- What a case used is ordered afterwards: its price, units and membership are those of the day of use.
dated as (
    select
        order_lines.*,
        coalesce(
            case when order_lines.match_category in ('BILL_ONLY', 'BILL_AND_REPLACE') then usage.first_used_on end,
            order_lines.ordered_date
        ) as terms_date
    from order_lines
    left join usage on order_lines.purchase_order_line_key = usage.purchase_order_line_key
),

final as (
    select
        dated.purchase_order_line_key,
        dated.legal_entity_code,
        dated.supplier_key,
        dated.item_key,
        dated.facility_code,
        dated.currency_code,
        dated.created_at,
        dated.order_uom_code,
        dated.base_uom_code,
        dated.unit_factor,
        dated.ordered_quantity,
        dated.order_unit_price,
        dated.terms_date as ordered_date,
        {{ normalized_number('coalesce(dated.manufacturer_part_number, items.manufacturer_part_number)') }}
            as manufacturer_part,
        coalesce({{ gtin_14('dated.gtin') }}, {{ gtin_14('items.gtin') }}) as gtin_14,
        coalesce(contracts.contract_number, dated.contract_id) as referenced_contract,
        -- The promise stands for the shipment, and nothing ships before it is ordered.
        greatest(coalesce(dated.promised_date, dated.terms_date), dated.terms_date) as shipped_on,
        coalesce(invoiced.invoiced_on, dated.terms_date) as invoiced_on
    from dated
    left join items on dated.item_key = items.item_key
    left join contracts
        on dated.source_instance = contracts.source_instance and dated.contract_id = contracts.native_id
    left join invoiced on dated.purchase_order_line_key = invoiced.purchase_order_line_key
)

select * from final
