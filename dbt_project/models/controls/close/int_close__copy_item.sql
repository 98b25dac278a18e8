-- One row per legal entity and document, master record or balance that differs between two systems or books beyond the grace of copies (domain_rules 3.15).
with

orders as (select * from {{ ref('fct_purchase_order_line') }}),
receipts as (select * from {{ ref('fct_receipt_line') }}),
invoices as (select * from {{ ref('fct_invoice') }}),
payments as (select * from {{ ref('fct_invoice_payment') }}),
entities as (select legal_entity_code from {{ ref('int_close__entity') }}),
lasting as (
    select * from {{ ref('rec_document_vs_replica') }}
    where recon in ('R-4', 'R-5', 'R-6', 'R-8', 'R-9') and difference_class <> 'TIMING'
),

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
    -- What all entities share stands against the close of each.
    select
        case lasting.recon
            when 'R-4' then 'RECON_SUPPLIER'
            when 'R-5' then 'RECON_ITEM'
            when 'R-6' then 'RECON_CONTRACT_PRICE'
            when 'R-8' then 'RECON_CONTROL_ACCOUNT'
            else 'RECON_ACCOUNT_CODE'
        end as check_code,
        coalesce(lasting.legal_entity_code, entities.legal_entity_code, 'UNKNOWN') as legal_entity_code,
        lasting.source_instance || '|' || lasting.entity_type || '|' || lasting.native_id as item_key,
        min(lasting.first_seen_on) as item_date,
        true as is_standing,
        min(lasting.currency_code) as currency_code,
        max(lasting.amount_at_risk) as amount
    from lasting
    left join entities on lasting.legal_entity_code is null
    group by
        lasting.recon,
        coalesce(lasting.legal_entity_code, entities.legal_entity_code, 'UNKNOWN'),
        lasting.source_instance || '|' || lasting.entity_type || '|' || lasting.native_id
    union all
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
