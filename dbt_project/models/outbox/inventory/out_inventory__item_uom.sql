-- One row per unit conversion that a steward approved for an inventory instance, in that system's own codes (domain_rules 3.3.3, 3.13).
with

approved as (select * from {{ ref('rec_decision_vs_item_unit') }}),
instances as (select * from {{ ref('stg_landscape__instance') }} where source_system = 'inventory'),
units as (select * from {{ ref('xref_unit') }}),

codes as (
    select
        source_instance,
        uom_code,
        min(source_code) as source_code
    from units
    where uom_code is not null
    group by source_instance, uom_code
),

spelled as (
    select
        approved.*,
        coalesce(own.source_code, codes.source_code, approved.uom_code) as source_code
    from approved
    inner join instances on approved.source_instance = instances.source_instance
    left join units as own
        on approved.source_instance = own.source_instance and approved.uom_code = own.source_code
    left join codes on approved.source_instance = codes.source_instance and approved.uom_code = codes.uom_code
),

keyed as (
    select
        spelled.*,
        {{ sha256_hex(joined_parts(["''", "'ITEM_UOM'", 'source_instance', 'subject_key', "'1'"])) }} as posting_key
    from spelled
),

final as (
    select
        posting_key,
        item_number || '|' || source_code as business_key,
        source_instance as target_instance,
        cast(null as string) as depends_on,
        item_number,
        source_code as uom_code,
        factor,
        valid_from,
        valid_to,
        substr(posting_key, 1, 32) as reference,
        decided_by,
        {{ concord_key(['item_number', 'source_code', 'factor', 'valid_from', 'valid_to']) }} as payload_hash
    from keyed
)

select * from final
