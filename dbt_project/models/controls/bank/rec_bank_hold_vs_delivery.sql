-- One row per supplier record whose payments are held for its bank account, or of which the ERP was told so before (domain_rules 3.6.6, 3.13).
with

changes as (select * from {{ ref('int_bank_change__state') }} where is_payment_held),
deliveries as (
    select * from {{ ref('can_delivery') }}
    where entity = 'supplier_payment_block' and state in ('CONFIRMED', 'SENT', 'ACKED', 'UNKNOWN')
),

held as (
    select
        source_instance,
        supplier_id,
        count(*) as change_count
    from changes
    group by source_instance, supplier_id
),

told as (
    select
        target as source_instance,
        {{ json_text('payload', 'supplier_number') }} as supplier_id
    from deliveries
    group by target, {{ json_text('payload', 'supplier_number') }}
),

final as (
    select
        coalesce(held.source_instance, told.source_instance) as source_instance,
        coalesce(held.supplier_id, told.supplier_id) as supplier_id,
        held.supplier_id is not null as is_payment_held,
        told.supplier_id is not null as is_told,
        coalesce(held.change_count, 0) as change_count
    from held
    full join told on held.source_instance = told.source_instance and held.supplier_id = told.supplier_id
)

select * from final
