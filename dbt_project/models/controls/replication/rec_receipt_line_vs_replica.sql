-- One row per receipt line, copy and field in which the two differ, in either direction (domain_rules 3.15, R-2).
with

receipts as (
    select * from {{ ref('fct_receipt_line') }}
    where receipt_type in ('RECEIPT', 'RETURN', 'VOID') and ownership = 'OWNED' and not is_synthetic
),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
replicas as (select * from {{ ref('int_replica') }} where domain = 'receipt'),
source_rows as (select * from {{ ref('fct_source_row') }} where entity = 'receipt_line' and row_role = 'REPLICA'),
copy_lines as (select * from {{ ref('can_receipt_line') }}),

-- One receipt may be booked in parts.
copies as (
    select
        source_rows.fact_key as receipt_line_key,
        source_rows.source_instance,
        sum(copy_lines.quantity) as quantity,
        case when count(copy_lines.stock_quantity) = count(*) then sum(copy_lines.stock_quantity) end as stock_quantity,
        case when min(copy_lines.uom_code) = max(copy_lines.uom_code) then min(copy_lines.uom_code) end
            as source_uom_code,
        max(copy_lines.source_recorded_at) as recorded_at
    from source_rows
    inner join copy_lines on source_rows.source_row_key = copy_lines.receipt_line_key
    group by source_rows.fact_key, source_rows.source_instance
),

scoped as (
    select
        receipts.*,
        order_lines.legal_entity_code,
        order_lines.supplier_key,
        order_lines.base_unit_price,
        replicas.replica_instance,
        replicas.grace_hours,
        replicas.judged_until,
        receipts.source_instance = replicas.replica_instance as is_replica_only,
        row_number() over (
            partition by receipts.receipt_line_key, replicas.replica_instance
            order by replicas.master_instance
        ) as pair_rank
    from receipts
    inner join order_lines on receipts.purchase_order_line_key = order_lines.purchase_order_line_key
    inner join replicas
        on
            receipts.source_instance in (replicas.master_instance, replicas.replica_instance)
            and coalesce(order_lines.legal_entity_code = replicas.legal_entity_code, true)
            and {{ in_interval('receipts.business_date', 'replicas.valid_from', 'replicas.valid_to') }}
            and receipts.business_date > replicas.history_starts_on
),

paired as (
    select
        scoped.*,
        case when not scoped.is_replica_only then cast(scoped.received_quantity as string) end as left_value,
        case
            when scoped.is_replica_only then cast(scoped.received_quantity as string)
            else cast({{ quantity('coalesce(copies.stock_quantity, copies.quantity)') }} as string)
        end as right_value,
        scoped.is_replica_only or copies.receipt_line_key is null as is_missing,
        case
            when copies.stock_quantity is not null then copies.stock_quantity - scoped.received_quantity
            when copies.source_uom_code = scoped.source_uom_code then copies.quantity - scoped.quantity
            when copies.source_uom_code = scoped.base_uom_code then copies.quantity - scoped.received_quantity
        end as difference,
        coalesce(copies.stock_quantity, copies.quantity) as copied_quantity,
        greatest(scoped.recorded_at, copies.recorded_at) as moved_at
    from scoped
    left join copies
        on
            scoped.receipt_line_key = copies.receipt_line_key
            and scoped.replica_instance = copies.source_instance
    where scoped.pair_rank = 1
),

differing as (
    select
        *,
        coalesce(receipt_number || '|' || cast(line_number as string), native_id) as business_key,
        case when is_missing then 'existence' else 'quantity' end as field,
        case when is_missing then 'RECEIPT_NOT_REPLICATED' else 'RECEIPT_QTY_DIFFERS' end as code,
        {{ money(product('abs(coalesce(difference, received_quantity))', 'base_unit_price')) }} as amount_at_risk,
        {{ quantity('abs(coalesce(difference, received_quantity))') }} as quantity_at_risk,
        case
            when is_missing then null
            when copied_quantity = -received_quantity then 'SIGN'
            when unit_factor <> record_factor and abs(copied_quantity - expected_quantity) <= 0.000001
                then 'UOM_OLD_FACTOR'
            when copied_quantity = 2 * received_quantity then 'DUPLICATE_RECEIPT'
            when unit_factor <> 1 and copied_quantity = quantity then 'ENTERED_IN_EACH'
            else 'UNEXPLAINED'
        end as cause_code
    from paired
    where is_missing or difference <> 0
),

final as (
    {{ replica_rows('differing', 'receipt_line',
        told=['facility_code', 'purchase_order_line_key', 'quantity_at_risk', 'cause_code']) }}
)

select * from final
