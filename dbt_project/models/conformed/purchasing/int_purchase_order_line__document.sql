-- One row per canonical PO line with its header: who is the fact and who its replica (mechanics: Identity of a document).
with

lines as (select * from {{ ref('can_purchase_order_line') }} where not is_deleted),
orders as (select * from {{ ref('can_purchase_order') }} where not is_deleted),
supplier_keys as (select * from {{ ref('xref_supplier') }}),
item_keys as (select * from {{ ref('xref_item') }}),
units as (select * from {{ ref('xref_unit') }}),
instances as (select * from {{ ref('stg_landscape__instance') }}),
run as (select * from {{ ref('stg_landscape__run') }}),
records as (
    select * from {{ ref('stg_landscape__system_of_record') }}
    where domain = 'purchase_order' and write_policy = 'MASTER'
),

named as (
    select
        lines.purchase_order_line_key,
        lines.source_system,
        lines.source_instance,
        lines.native_id,
        orders.po_number,
        {{ normalized_number('orders.po_number') }} as normalized_po_number,
        {{ normalized_number('lines.line_number') }} as normalized_line_number,
        orders.legal_entity_code,
        orders.supplier_id,
        supplier_keys.supplier_key,
        item_keys.item_key,
        order_units.uom_code as order_uom_code,
        coalesce(price_units.uom_code, order_units.uom_code) as price_uom_code,
        {{ local_date('coalesce(lines.created_at, orders.created_at, orders.approved_at)',
            'coalesce(instances.timezone, run.timezone)') }} as ordered_date,
        {{ local_date('orders.approved_at', 'coalesce(instances.timezone, run.timezone)') }} as approved_date,
        {{ local_date('orders.sent_at', 'coalesce(instances.timezone, run.timezone)') }} as sent_date,
        {{ local_date('orders.acknowledged_at', 'coalesce(instances.timezone, run.timezone)') }} as acknowledged_date,
        {{ local_date('orders.closed_at', 'coalesce(instances.timezone, run.timezone)') }} as closed_date,
        run.as_of,
        coalesce(orders.legal_entity_code, lines.source_instance) || '|' || {{ normalized_number('orders.po_number') }}
        || '|' || {{ normalized_number('lines.line_number') }}
        || '|' || coalesce(cast(lines.schedule_number as string), '') as document_stem
    from lines
    inner join orders on lines.source_instance = orders.source_instance and lines.po_id = orders.native_id
    cross join run
    left join instances on lines.source_instance = instances.source_instance
    left join supplier_keys
        on orders.source_instance = supplier_keys.source_instance and orders.supplier_id = supplier_keys.native_id
    left join item_keys on lines.source_instance = item_keys.source_instance and lines.item_id = item_keys.native_id
    left join units as order_units
        on lines.source_instance = order_units.source_instance and lines.order_uom_code = order_units.source_code
    left join units as price_units
        on lines.source_instance = price_units.source_instance and lines.price_uom_code = price_units.source_code
),

-- Two equal lines of one instance are two lines: only another instance can hold a replica.
joined as (
    select
        named.*,
        named.document_stem || '|' || cast(
            row_number() over (
                partition by named.source_instance, named.document_stem
                order by named.native_id
            ) as string
        ) as document_identity
    from named
),

-- Who is the system of record may depend on the legal entity and the day.
of_record as (
    select joined.purchase_order_line_key
    from joined
    inner join records
        on
            joined.source_instance = records.source_instance
            and (records.entity_scope is null or records.entity_scope = joined.legal_entity_code)
            and {{ in_interval('joined.ordered_date', 'records.valid_from', 'records.valid_to') }}
    group by joined.purchase_order_line_key
),

placed as (
    select
        joined.*,
        coalesce(joined.ordered_date <= joined.as_of, true) as is_as_of,
        first_value(joined.purchase_order_line_key) over (
            partition by joined.document_identity
            order by (of_record.purchase_order_line_key is null), joined.source_instance, joined.native_id
        ) as fact_key,
        of_record.purchase_order_line_key is null and (select count(*) from records) > 0 as is_replica_only
    from joined
    left join of_record on joined.purchase_order_line_key = of_record.purchase_order_line_key
),

final as (
    select
        placed.*,
        placed.purchase_order_line_key = placed.fact_key as is_fact
    from placed
)

select * from final
