-- One row per golden supplier paid in the calendar year of the run: what went out, and what of it a 1099 reports (domain_rules 3.6.5).
with

payments as (
    select * from {{ ref('fct_payment') }}
    where
        coalesce(status not in ('VOID', 'SCHEDULED'), true)
        -- The card company reports what was paid by card.
        and coalesce(method <> 'CARD', true)
),
applications as (
    select * from {{ ref('fct_payment_application') }}
    where not coalesce(is_void, false) and not coalesce(is_of_replica, false)
),
invoices as (select * from {{ ref('fct_invoice') }}),
lines as (select * from {{ ref('fct_invoice_line') }}),
run as (select * from {{ ref('stg_landscape__run') }}),

-- Goods and freight are not reported: of a bill only its services.
serviced as (
    select
        invoice_key,
        {{ money("sum(case when charge_class = 'SERVICE' then line_amount else 0 end)") }} as service_amount
    from lines
    group by invoice_key
),

reported as (
    select
        applications.payment_key,
        sum({{ money(divide(product('applications.amount', 'serviced.service_amount'), 'invoices.gross_amount')) }})
            as reportable_amount
    from applications
    inner join invoices on applications.invoice_key = invoices.invoice_key
    inner join serviced on invoices.invoice_key = serviced.invoice_key
    where serviced.service_amount <> 0
    group by applications.payment_key
),

final as (
    select
        payments.supplier_key,
        {{ money('sum(payments.amount)') }} as paid_amount,
        {{ money('coalesce(sum(reported.reportable_amount), 0)') }} as reportable_amount
    from payments
    inner join run
        on
            substr(cast(payments.payment_date as string), 1, 4) = substr(cast(run.as_of as string), 1, 4)
            and payments.payment_date <= run.as_of
    left join reported on payments.payment_key = reported.payment_key
    group by payments.supplier_key
)

select * from final
