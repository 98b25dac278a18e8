-- One row per invoice with a released payment: what was paid with its discounts, what was asked after the credits that name it, and when.
with

applications as (select * from {{ ref('fct_payment_application') }} where is_paid and invoice_key is not null),
invoices as (select * from {{ ref('fct_invoice') }} where not is_void),

-- Where two systems keep the same payment, each adds up by itself.
kept as (
    select
        invoice_key,
        source_instance,
        max(payment_date) as payment_date,
        sum(amount + discount_amount) as paid_amount
    from applications
    group by invoice_key, source_instance
),

paid as (
    select
        invoice_key,
        max(payment_date) as payment_date,
        max(paid_amount) as paid_amount
    from kept
    group by invoice_key
),

credits as (
    select
        source_instance,
        original_invoice_id,
        sum(gross_amount) as credit_amount
    from invoices
    where gross_amount < 0 and original_invoice_id is not null
    group by source_instance, original_invoice_id
),

compared as (
    select
        paid.invoice_key,
        paid.payment_date,
        {{ money('paid.paid_amount') }} as paid_amount,
        {{ money('invoices.gross_amount + coalesce(credits.credit_amount, 0)') }} as asked_amount
    from paid
    inner join invoices on paid.invoice_key = invoices.invoice_key
    left join credits
        on
            invoices.source_instance = credits.source_instance
            and invoices.native_id = credits.original_invoice_id
),

-- An invoice without a total cannot be short paid.
final as (
    select
        compared.*,
        coalesce(paid_amount >= asked_amount, true) as is_paid_in_full
    from compared
)

select * from final
