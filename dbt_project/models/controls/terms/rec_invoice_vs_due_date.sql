-- One row per invoice that asks for money: when it is due by its payment terms, what an early payment saves, and what was paid when (domain_rules 3.6.4).
with

invoices as (select * from {{ ref('fct_invoice') }} where not is_void and gross_amount > 0),
bills as (select * from {{ ref('can_invoice') }}),
of_record as (select * from {{ ref('int_terms__of_record') }}),
terms as (select * from {{ ref('dim_payment_term') }} where is_parsed),
lines as (select * from {{ ref('fct_invoice_line') }}),
receipts as (select * from {{ ref('fct_receipt_line') }} where receipt_type = 'RECEIPT'),
applications as (select * from {{ ref('fct_payment_application') }} where is_paid and invoice_key is not null),
payments as (select * from {{ ref('fct_invoice_payment') }}),

-- Where two systems keep the same payment, each adds up by itself.
kept as (
    select
        invoice_key,
        source_instance,
        sum(discount_amount) as discount_amount
    from applications
    group by invoice_key, source_instance
),

discounts as (
    select
        invoice_key,
        max(discount_amount) as discount_amount
    from kept
    group by invoice_key
),

-- The largest line says for whom it was bought; the last goods of its orders when terms begin that run from their receipt.
largest as (
    select
        invoice_key,
        facility_code,
        row_number() over (
            partition by invoice_key
            order by abs(line_amount) desc nulls last, line_number nulls last, native_id
        ) as size_rank
    from lines
),

delivered as (
    select
        lines.invoice_key,
        max(receipts.business_date) as received_on
    from lines
    inner join receipts on lines.purchase_order_line_key = receipts.purchase_order_line_key
    group by lines.invoice_key
),

-- What the bill says goes before what the record of its supplier said on that day.
termed as (
    select
        invoices.*,
        coalesce(own.payment_term_code, recorded.payment_term_code) as term_code,
        coalesce(own.discount_share, recorded.discount_share) as discount_share,
        coalesce(own.discount_days, recorded.discount_days) as discount_days,
        case when own.payment_term_code is null then recorded.net_days else own.net_days end as net_days,
        case when own.payment_term_code is null then recorded.proximo_day else own.proximo_day end as proximo_day,
        case coalesce(own.basis, recorded.basis)
            when 'RECEIPT_DATE' then coalesce(delivered.received_on, invoices.invoice_date)
            when 'EOM' then {{ last_of_month('invoices.invoice_date') }}
            else invoices.invoice_date
        end as terms_begin_on
    from invoices
    left join bills on invoices.source_instance = bills.source_instance and invoices.native_id = bills.native_id
    left join terms as own
        on bills.source_instance = own.source_instance and bills.payment_term_code = own.payment_term_code
    left join of_record
        on
            invoices.supplier_key = of_record.supplier_key
            and {{ in_interval('invoices.invoice_date', 'of_record.valid_from', 'of_record.valid_to') }}
    left join terms as recorded
        on
            of_record.source_instance = recorded.source_instance
            and of_record.payment_term_code = recorded.payment_term_code
    left join delivered on invoices.invoice_key = delivered.invoice_key
),

final as (
    select
        termed.invoice_key,
        termed.source_instance,
        termed.native_id,
        termed.invoice_number,
        termed.legal_entity_code,
        termed.supplier_key,
        largest.facility_code,
        termed.invoice_date,
        termed.currency_code,
        termed.gross_amount,
        termed.term_code as payment_term_code,
        case
            when termed.proximo_day is not null
                then least(
                    {{ add_days(last_of_month('termed.invoice_date'), 'termed.proximo_day') }},
                    {{ last_of_month(add_days(last_of_month('termed.invoice_date'), 1)) }}
                )
            else {{ add_days('termed.terms_begin_on', 'termed.net_days') }}
        end as due_date,
        case when termed.discount_share > 0 then {{ add_days('termed.terms_begin_on', 'termed.discount_days') }} end
            as discount_until,
        {{ money('coalesce(termed.gross_amount * termed.discount_share, 0)') }} as discount_available_amount,
        {{ money('coalesce(discounts.discount_amount, 0)') }} as discount_taken_amount,
        payments.payment_date,
        {{ money('coalesce(payments.paid_amount, 0)') }} as paid_amount,
        {{ money('coalesce(payments.asked_amount, termed.gross_amount)') }} as asked_amount,
        coalesce(payments.is_paid_in_full, termed.status = 'PAID') as is_paid
    from termed
    left join largest on termed.invoice_key = largest.invoice_key and largest.size_rank = 1
    left join payments on termed.invoice_key = payments.invoice_key
    left join discounts on termed.invoice_key = discounts.invoice_key
)

select * from final
