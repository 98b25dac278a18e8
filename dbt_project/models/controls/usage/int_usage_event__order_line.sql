-- One row per use of an item and the PO line it stands for: named by the event, else met by serial, case, lot or consigned item (domain_rules 3.5).
with

events as (select * from {{ ref('fct_usage_event') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }} where {{ is_usage_based('match_category') }}),
invoice_lines as (select * from {{ ref('fct_invoice_line') }}),
invoices as (select * from {{ ref('fct_invoice') }} where not is_void and invoice_type <> 'CREDIT'),

-- The system that tells of the case seldom knows the order, which comes later: the bill names both.
billed as (
    select
        order_lines.purchase_order_line_key,
        invoice_lines.item_key,
        invoice_lines.serial,
        invoice_lines.case_token,
        invoice_lines.lot,
        invoices.invoice_date,
        invoice_lines.invoice_line_key
    from invoice_lines
    inner join invoices on invoice_lines.invoice_key = invoices.invoice_key
    inner join order_lines on invoice_lines.purchase_order_line_key = order_lines.purchase_order_line_key
    where
        invoice_lines.serial is not null
        or invoice_lines.case_token is not null
        or invoice_lines.lot is not null
),

-- Consigned goods of one item and place have one order, or nobody can tell which.
consigned as (
    select
        item_key,
        facility_code,
        min(purchase_order_line_key) as purchase_order_line_key
    from order_lines
    where match_category = 'CONSIGNMENT' and item_key is not null
    group by item_key, facility_code
    having count(*) = 1
),

met as (
    select
        events.usage_event_key,
        order_lines.purchase_order_line_key,
        'SOURCE' as link_method,
        1 as preference,
        cast(null as date) as invoice_date,
        cast(null as string) as invoice_line_key
    from events
    inner join order_lines on events.purchase_order_line_key = order_lines.purchase_order_line_key
    {%- for method, condition in [
        ('SERIAL', 'events.serial = billed.serial and events.item_key = billed.item_key'),
        ('CASE', 'events.case_token = billed.case_token and events.item_key = billed.item_key'),
        ('CONSTRUCT', 'events.case_token = billed.case_token and events.construct_id is not null and billed.item_key is null'),
        ('LOT', 'events.lot = billed.lot and events.item_key = billed.item_key')] %}
    union all
    select
        events.usage_event_key,
        billed.purchase_order_line_key,
        '{{ method }}' as link_method,
        {{ loop.index + 1 }} as preference,
        billed.invoice_date,
        billed.invoice_line_key
    from events
    inner join billed on {{ condition }}
    {%- endfor %}
    union all
    select
        events.usage_event_key,
        consigned.purchase_order_line_key,
        'CONSIGNED_ITEM' as link_method,
        9 as preference,
        cast(null as date) as invoice_date,
        cast(null as string) as invoice_line_key
    from events
    inner join consigned
        on events.item_key = consigned.item_key and events.facility_code is not distinct from consigned.facility_code
),

ranked as (
    select
        met.*,
        row_number() over (
            partition by usage_event_key
            order by preference, invoice_date nulls last, invoice_line_key nulls last, purchase_order_line_key
        ) as place
    from met
),

final as (
    select
        usage_event_key,
        purchase_order_line_key,
        link_method
    from ranked
    where place = 1
)

select * from final
