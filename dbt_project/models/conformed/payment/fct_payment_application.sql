-- One row per payment and invoice it pays: the invoice is the fact, whichever replica the payment named.
with

applications as (select * from {{ ref('can_payment_application') }} where not is_deleted),
payments as (select * from {{ ref('fct_payment') }}),
invoices as (select * from {{ ref('int_invoice__document') }}),

final as (
    select
        applications.payment_application_key,
        payments.payment_key,
        invoices.fact_key as invoice_key,
        applications.source_system,
        applications.source_instance,
        applications.native_id,
        applications.payment_id,
        applications.invoice_id,
        invoices.is_fact is not distinct from false as is_of_replica,
        payments.payment_number,
        payments.payment_date,
        payments.currency_code,
        applications.amount,
        coalesce(applications.discount_amount, 0) as discount_amount,
        payments.status = 'VOID' as is_void,
        coalesce(payments.status not in ('VOID', 'SCHEDULED'), true) as is_paid
    from applications
    inner join payments
        on applications.source_instance = payments.source_instance and applications.payment_id = payments.native_id
    left join invoices
        on applications.source_instance = invoices.source_instance and applications.invoice_id = invoices.native_id
)

select * from final
