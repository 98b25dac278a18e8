-- One row per supplier of the cloud ERP whose payments are to be blocked, for whatever reason, or unblocked again (domain_rules 3.6.2, 3.6.6, 3.13).
with

holds as (select * from {{ ref('rec_payment_hold_vs_delivery') }}),
instances as (select * from {{ ref('stg_landscape__instance') }} where source_system = 'erp_cloud'),
parameters as (
    select coalesce(max(value), 'B') as block_code
    from {{ ref('stg_landscape__parameter') }}
    where parameter_code = 'BANK_BLOCK_CODE'
),

wanted as (
    select
        holds.source_instance,
        holds.supplier_id,
        case when holds.is_payment_held then 'BLOCK' else 'UNBLOCK' end as action,
        parameters.block_code
    from holds
    inner join instances on holds.source_instance = instances.source_instance
    cross join parameters
),

final as (
    select
        {{ sha256_hex(joined_parts(["''", "'SUPPLIER_PAYMENT_BLOCK'", 'source_instance', 'supplier_id', "'1'"])) }}
            as posting_key,
        'payments to ' || supplier_id as business_key,
        source_instance as target_instance,
        cast(null as string) as depends_on,
        source_instance,
        supplier_id as native_id,
        supplier_id as supplier_number,
        action,
        block_code,
        {{ concord_key(['supplier_id', 'action', 'block_code']) }} as payload_hash
    from wanted
)

select * from final
