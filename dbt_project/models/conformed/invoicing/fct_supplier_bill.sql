-- One row per bill as the supplier itself sent it, with what its lines add up to and the invoice that AP holds of it.
with

bills as (select * from {{ ref('can_supplier_bill') }} where not is_deleted),
lines as (select * from {{ ref('can_supplier_bill_line') }} where not is_deleted),
invoices as (select * from {{ ref('fct_invoice') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
supplier_numbers as (select * from {{ ref('int_supplier__number') }}),

totals as (
    select
        source_instance,
        supplier_bill_id,
        sum(line_amount) as lines_amount,
        sum(case when charge_class = 'GOODS' then quantity else 0 end) as goods_quantity
    from lines
    group by source_instance, supplier_bill_id
),

-- A bill whose seller is not in the supplier master is the order's supplier's.
ordered as (
    select
        {{ normalized_number('po_number') }} as po_number,
        min(supplier_key) as supplier_key
    from order_lines
    group by {{ normalized_number('po_number') }}
    having min(supplier_key) = max(supplier_key)
),

sold as (
    select
        bills.*,
        coalesce(supplier_numbers.supplier_key, ordered.supplier_key) as supplier_key
    from bills
    left join supplier_numbers on bills.seller_id = supplier_numbers.supplier_number
    left join ordered on {{ normalized_number('bills.po_number') }} = ordered.po_number
),

numbered as (
    select
        sold.*,
        {{ normalized_number('invoice_number') }} as bill_number,
        row_number() over (
            partition by
                coalesce(supplier_key, sender), {{ normalized_number('invoice_number') }}, invoice_type = 'CREDIT'
            order by received_at desc nulls last, native_id desc nulls last
        ) as edition
    from sold
),

-- Of several under the number, the one that still stands and says the same.
candidates as (
    select
        numbered.supplier_bill_key,
        invoices.invoice_key,
        row_number() over (
            partition by numbered.supplier_bill_key
            order by
                invoices.is_void,
                (invoices.gross_amount <> numbered.gross_amount),
                (invoices.invoice_date <> numbered.invoice_date),
                invoices.source_instance,
                invoices.native_id
        ) as nearness
    from numbered
    inner join invoices
        on
            numbered.supplier_key = invoices.supplier_key
            and numbered.bill_number = {{ normalized_number('invoices.invoice_number') }}
            and (numbered.invoice_type = 'CREDIT') = (invoices.invoice_type = 'CREDIT')
),

final as (
    select
        numbered.supplier_bill_key,
        numbered.source_system,
        numbered.source_instance,
        numbered.native_id,
        numbered.sender,
        numbered.invoice_number,
        numbered.invoice_type,
        numbered.supplier_key,
        numbered.po_number,
        numbered.invoice_date,
        numbered.received_at,
        numbered.currency_code,
        numbered.gross_amount,
        {{ money('coalesce(totals.lines_amount, 0)') }} as lines_amount,
        {{ quantity('coalesce(totals.goods_quantity, 0)') }} as goods_quantity,
        numbered.edition = 1 as is_latest,
        candidates.invoice_key
    from numbered
    left join totals
        on numbered.source_instance = totals.source_instance and numbered.native_id = totals.supplier_bill_id
    left join candidates on numbered.supplier_bill_key = candidates.supplier_bill_key and candidates.nearness = 1
)

select * from final
