-- One row per invoice line that asks for goods or services: the PO line it is linked to and by which step (domain_rules 3.4.2).
with

lines as (select * from {{ ref('can_invoice_line') }} where not is_deleted and charge_class in ('GOODS', 'SERVICE')),
invoices as (select * from {{ ref('can_invoice') }} where not is_deleted),
documents as (select * from {{ ref('int_invoice__document') }} where is_fact and is_as_of),
order_lines as (select * from {{ ref('int_purchase_order_line__document') }} where is_as_of),
offered as (select * from {{ ref('int_purchase_order_line__offer') }}),
item_keys as (select * from {{ ref('xref_item') }}),
units as (select * from {{ ref('xref_unit') }}),

asked as (
    select
        lines.invoice_line_key,
        lines.source_instance,
        lines.po_line_id,
        invoices.legal_entity_code,
        {{ normalized_number('coalesce(lines.po_number, invoices.po_number)') }} as normalized_po_number,
        {{ normalized_number('lines.po_line_number') }} as normalized_line_number,
        {{ normalized_number('lines.supplier_part_number') }} as supplier_part,
        {{ normalized_number('lines.manufacturer_part_number') }} as manufacturer_part,
        {{ gtin_14('lines.gtin') }} as gtin,
        item_keys.item_key,
        lines.quantity,
        lines.unit_price,
        units.uom_code
    from lines
    inner join invoices on lines.source_instance = invoices.source_instance and lines.invoice_id = invoices.native_id
    inner join documents on invoices.invoice_key = documents.invoice_key
    left join item_keys on lines.source_instance = item_keys.source_instance and lines.item_id = item_keys.native_id
    left join units on lines.source_instance = units.source_instance and lines.uom_code = units.source_code
),

by_id as (
    select
        asked.invoice_line_key,
        offered.purchase_order_line_key,
        1 as link_level,
        true as is_own_entity
    from asked
    inner join order_lines
        on asked.source_instance = order_lines.source_instance and asked.po_line_id = order_lines.native_id
    inner join offered on order_lines.document_identity = offered.document_identity
),

by_number as (
    select
        asked.invoice_line_key,
        offered.purchase_order_line_key,
        case
            when asked.normalized_line_number = offered.normalized_line_number and {{ parts_agree('asked', 'offered') }}
                then 2
            when {{ parts_equal('asked', 'offered') }} then 3
            when
                asked.unit_price = offered.unit_price and asked.quantity = offered.quantity
                and asked.uom_code = offered.order_uom_code then 4
            when offered.lines_on_order = 1 and asked.normalized_line_number = '' then 5
        end as link_level,
        coalesce(asked.legal_entity_code = offered.legal_entity_code, true) as is_own_entity
    from asked
    inner join offered on asked.normalized_po_number = offered.normalized_po_number
    where asked.normalized_po_number <> ''
),

candidates as (
    select * from by_id
    union all
    select * from by_number
    where link_level is not null
),

-- Two legal entities may use one PO number: the invoice's own entity comes first, another's only where it has none.
counted as (
    select
        invoice_line_key,
        link_level,
        is_own_entity,
        min(purchase_order_line_key) as purchase_order_line_key
    from candidates
    group by invoice_line_key, link_level, is_own_entity
    having count(*) = 1
),

ranked as (
    select
        counted.*,
        row_number() over (
            partition by counted.invoice_line_key
            order by (not counted.is_own_entity), counted.link_level
        ) as preference
    from counted
),

final as (
    select
        asked.invoice_line_key,
        ranked.purchase_order_line_key,
        coalesce(ranked.link_level, 7) as link_level,
        asked.normalized_po_number <> '' or asked.po_line_id is not null as has_po_reference
    from asked
    left join ranked on asked.invoice_line_key = ranked.invoice_line_key and ranked.preference = 1
)

select * from final
