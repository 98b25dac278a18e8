-- One row per order or invoice that states payment terms, with those of its contract or order, else of the record on its day (domain_rules 3.6.4).
with

of_record as (select * from {{ ref('int_terms__of_record') }}),
contracts as (select * from {{ ref('dim_contract') }}),
orders as (select * from {{ ref('can_purchase_order') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
bills as (select * from {{ ref('can_invoice') }}),
invoices as (select * from {{ ref('fct_invoice') }} where not is_void),
invoice_lines as (select * from {{ ref('fct_invoice_line') }}),

ordered as (
    select
        order_lines.source_instance,
        order_lines.po_id,
        order_lines.supplier_key,
        order_lines.currency_code,
        min(order_lines.legal_entity_code) as legal_entity_code,
        min(order_lines.ordered_date) as ordered_date,
        max(order_lines.contract_id) as contract_id,
        {{ money('sum(order_lines.line_amount)') }} as amount
    from order_lines
    where coalesce(order_lines.po_status not in ('DRAFT', 'PENDING_APPROVAL', 'CANCELLED'), true)
    group by order_lines.source_instance, order_lines.po_id, order_lines.supplier_key, order_lines.currency_code
),

-- An invoice that bills several orders has no terms of its order.
billed_order as (
    select
        invoice_lines.invoice_key,
        min(orders.source_instance) as source_instance,
        min(orders.payment_term_code) as payment_term_code,
        min(orders.po_number) as po_number
    from invoice_lines
    inner join order_lines on invoice_lines.purchase_order_line_key = order_lines.purchase_order_line_key
    inner join orders on order_lines.source_instance = orders.source_instance and order_lines.po_id = orders.native_id
    group by invoice_lines.invoice_key
    having count(distinct orders.purchase_order_key) = 1
),

-- The contract that an order names goes before the supplier master.
of_orders as (
    select
        'purchase_order' as entity_type,
        orders.source_instance,
        orders.native_id,
        case when contracts.contract_key is null then 'ORDER_VS_RECORD' else 'ORDER_VS_CONTRACT' end as cause_code,
        concat_ws('|', ordered.legal_entity_code, orders.po_number) as business_key,
        ordered.legal_entity_code,
        ordered.supplier_key,
        upper(orders.payment_term_code) as payment_term_code,
        coalesce(contracts.source_instance, of_record.source_instance) as reference_instance,
        upper(coalesce(contracts.payment_term_code, of_record.payment_term_code)) as reference_term_code,
        coalesce(contracts.contract_number, of_record.source_instance || ' ' || of_record.native_id) as reference,
        ordered.amount,
        ordered.currency_code,
        ordered.ordered_date as stated_on
    from orders
    inner join ordered on orders.source_instance = ordered.source_instance and orders.native_id = ordered.po_id
    left join contracts
        on
            orders.source_instance = contracts.source_instance
            and coalesce(orders.contract_id, ordered.contract_id) = contracts.contract_id
            and contracts.payment_term_code is not null
            and {{ in_interval('ordered.ordered_date', 'contracts.valid_from', 'contracts.valid_to') }}
    left join of_record
        on
            ordered.supplier_key = of_record.supplier_key
            and {{ in_interval('ordered.ordered_date', 'of_record.valid_from', 'of_record.valid_to') }}
),

of_invoices as (
    select
        'invoice' as entity_type,
        invoices.source_instance,
        invoices.native_id,
        case when billed_order.payment_term_code is null then 'INVOICE_VS_RECORD' else 'INVOICE_VS_ORDER' end
            as cause_code,
        invoices.invoice_number as business_key,
        invoices.legal_entity_code,
        invoices.supplier_key,
        upper(bills.payment_term_code) as payment_term_code,
        case
            when billed_order.payment_term_code is null then of_record.source_instance
            else billed_order.source_instance
        end as reference_instance,
        upper(coalesce(billed_order.payment_term_code, of_record.payment_term_code)) as reference_term_code,
        case
            when billed_order.payment_term_code is null then of_record.source_instance || ' ' || of_record.native_id
            else billed_order.po_number
        end as reference,
        invoices.gross_amount as amount,
        invoices.currency_code,
        invoices.invoice_date as stated_on
    from invoices
    inner join bills on invoices.invoice_key = bills.invoice_key
    left join billed_order on invoices.invoice_key = billed_order.invoice_key
    left join of_record
        on
            invoices.supplier_key = of_record.supplier_key
            and {{ in_interval('invoices.invoice_date', 'of_record.valid_from', 'of_record.valid_to') }}
    where coalesce(invoices.invoice_type <> 'CREDIT', true)
),

final as (
    {%- for relation in ['of_orders', 'of_invoices'] %}
    select * from {{ relation }}
    where payment_term_code is not null and reference_term_code is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
