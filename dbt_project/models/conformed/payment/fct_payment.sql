-- One row per payment.
with

payments as (select * from {{ ref('can_payment') }} where not is_deleted),
applications as (select * from {{ ref('can_payment_application') }} where not is_deleted),
invoices as (select * from {{ ref('can_invoice') }}),
supplier_keys as (select * from {{ ref('xref_supplier') }}),
run as (select * from {{ ref('stg_landscape__run') }}),

-- A payment that does not say whose it is belongs to the entity of the invoices it pays.
paid_for as (
    select
        applications.source_instance,
        applications.payment_id,
        min(invoices.legal_entity_code) as legal_entity_code
    from applications
    inner join invoices
        on applications.source_instance = invoices.source_instance and applications.invoice_id = invoices.native_id
    group by applications.source_instance, applications.payment_id
),

final as (
    select
        payments.payment_key,
        payments.source_system,
        payments.source_instance,
        payments.native_id,
        payments.payment_number,
        payments.supplier_id,
        supplier_keys.supplier_key,
        payments.bank_account_id,
        coalesce(payments.legal_entity_code, paid_for.legal_entity_code) as legal_entity_code,
        payments.method,
        payments.payment_date,
        payments.currency_code,
        payments.amount,
        payments.status,
        payments.cleared_at
    from payments
    cross join run
    left join supplier_keys
        on payments.source_instance = supplier_keys.source_instance and payments.supplier_id = supplier_keys.native_id
    left join paid_for
        on payments.source_instance = paid_for.source_instance and payments.native_id = paid_for.payment_id
    where payments.payment_date <= run.as_of
)

select * from final
