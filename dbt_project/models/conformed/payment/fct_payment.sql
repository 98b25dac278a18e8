-- One row per payment.
with

payments as (select * from {{ ref('can_payment') }} where not is_deleted),
supplier_keys as (select * from {{ ref('xref_supplier') }}),
run as (select * from {{ ref('stg_landscape__run') }}),

final as (
    select
        payments.payment_key,
        payments.source_system,
        payments.source_instance,
        payments.native_id,
        payments.payment_number,
        supplier_keys.supplier_key,
        payments.legal_entity_code,
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
    where payments.payment_date <= run.as_of
)

select * from final
