-- One row per PO line that is a fact: what an invoice line can be recognized by (domain_rules 3.4.2).
with

order_lines as (select * from {{ ref('int_purchase_order_line__document') }} where is_as_of),
order_details as (select * from {{ ref('can_purchase_order_line') }}),

final as (
    select
        facts.purchase_order_line_key,
        facts.document_identity,
        facts.legal_entity_code,
        facts.normalized_po_number,
        facts.normalized_line_number,
        facts.item_key,
        facts.order_uom_code,
        {{ normalized_number('order_details.supplier_part_number') }} as supplier_part,
        {{ normalized_number('order_details.manufacturer_part_number') }} as manufacturer_part,
        {{ gtin_14('order_details.gtin') }} as gtin,
        order_details.quantity,
        order_details.unit_price,
        count(*) over (partition by facts.legal_entity_code, facts.normalized_po_number) as lines_on_order
    from order_lines as facts
    inner join order_details on facts.purchase_order_line_key = order_details.purchase_order_line_key
    where facts.is_fact
)

select * from final
