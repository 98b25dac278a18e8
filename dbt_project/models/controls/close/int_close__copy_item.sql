-- One row per document that differs between two systems beyond the grace of copies (domain_rules 3.15, R-1 to 3, R-7).
with

orders as (select * from {{ ref('fct_purchase_order_line') }}),
receipts as (select * from {{ ref('fct_receipt_line') }}),
invoices as (select * from {{ ref('fct_invoice') }}),
payments as (select * from {{ ref('fct_invoice_payment') }}),

ordered as (
    select
        {{ normalized_number('po_number') }} as po_number,
        min(ordered_date) as ordered_date,
        min(currency_code) as currency_code
    from orders
    group by {{ normalized_number('po_number') }}
),

-- A document that differs in several fields is one.
differing as (
    {%- for code, relation in [
        ('RECON_PURCHASE_ORDER', 'rec_purchase_order_vs_replica'), ('RECON_RECEIPT', 'rec_receipt_line_vs_replica'),
        ('RECON_INVOICE', 'rec_invoice_vs_replica'), ('RECON_PAYMENT', 'rec_invoice_payment_vs_replica')] %}
    select
        '{{ code }}' as check_code,
        coalesce(legal_entity_code, 'UNKNOWN') as legal_entity_code,
        source_instance,
        native_id,
        business_key,
        invoice_key,
        max(amount_at_risk) as amount
    from {{ ref(relation) }}
    where difference_class <> 'TIMING'
    group by legal_entity_code, source_instance, native_id, business_key, invoice_key
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        differing.check_code,
        differing.legal_entity_code,
        differing.source_instance || '|' || differing.native_id as item_key,
        coalesce(receipts.receipt_date, payments.payment_date, invoices.invoice_date, ordered.ordered_date)
            as item_date,
        true as is_standing,
        coalesce(invoices.currency_code, order_lines.currency_code, ordered.currency_code) as currency_code,
        differing.amount
    from differing
    left join receipts
        on
            differing.check_code = 'RECON_RECEIPT'
            and differing.source_instance = receipts.source_instance
            and differing.native_id = receipts.native_id
    left join orders as order_lines on receipts.purchase_order_line_key = order_lines.purchase_order_line_key
    left join invoices on differing.invoice_key = invoices.invoice_key
    left join payments
        on differing.check_code = 'RECON_PAYMENT' and differing.invoice_key = payments.invoice_key
    left join ordered
        on
            differing.check_code = 'RECON_PURCHASE_ORDER'
            and {{ normalized_number('differing.business_key') }} = ordered.po_number
)

select * from final
