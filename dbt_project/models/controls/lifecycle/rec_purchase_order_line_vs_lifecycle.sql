-- One row per PO line and step that should not have happened where it did: the line keeps its facts, and this says so (domain_rules 3.11).
with

order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
states as (select * from {{ ref('int_lifecycle__line') }}),
vectors as (select * from {{ ref('int_lifecycle__vector') }}),

dated as (
    select
        order_lines.purchase_order_line_key,
        order_lines.source_instance,
        order_lines.native_id,
        order_lines.po_number,
        order_lines.line_number as po_line_number,
        order_lines.legal_entity_code,
        vectors.line_state,
        states.is_cancelled_after_receipt,
        states.is_used_unapproved,
        order_lines.approved_date,
        order_lines.sent_date,
        order_lines.acknowledged_date,
        order_lines.closed_date,
        cast(order_lines.cancelled_at as date) as cancelled_date,
        vectors.first_receipt_date,
        vectors.last_receipt_date,
        vectors.payment_date
    from order_lines
    inner join states on order_lines.purchase_order_line_key = states.purchase_order_line_key
    inner join vectors on order_lines.purchase_order_line_key = vectors.purchase_order_line_key
),

{% set steps = [
    ('CANCELLED_AFTER_RECEIPT', 'is_cancelled_after_receipt', 'first_receipt_date', 'cancelled_date'),
    ('USED_UNAPPROVED', 'is_used_unapproved', 'approved_date', 'first_receipt_date'),
    ('SENT_BEFORE_APPROVAL', 'sent_date < approved_date', 'approved_date', 'sent_date'),
    ('ACKNOWLEDGED_BEFORE_SENT', 'acknowledged_date < sent_date', 'sent_date', 'acknowledged_date'),
    ('RECEIVED_BEFORE_APPROVAL', 'first_receipt_date < approved_date', 'approved_date', 'first_receipt_date'),
    ('RECEIVED_AFTER_CLOSE', 'last_receipt_date > closed_date', 'closed_date', 'last_receipt_date'),
    ('PAID_AFTER_CANCEL', 'payment_date > cancelled_date', 'cancelled_date', 'payment_date'),
] %}
final as (
    {%- for violation, condition, expected, found in steps %}
    select
        purchase_order_line_key,
        source_instance,
        native_id,
        po_number,
        po_line_number,
        legal_entity_code,
        line_state,
        '{{ violation }}' as violation,
        {{ expected }} as bound_on,
        {{ found }} as happened_on
    from dated
    where {{ condition }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
