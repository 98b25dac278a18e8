-- One row per purchase order of a system with lines known by now: what header and lines say together.
with

orders as (select * from {{ ref('can_purchase_order') }} where not is_deleted),
lines as (select * from {{ ref('can_purchase_order_line') }} where not is_deleted),
source_rows as (
    select * from {{ ref('fct_source_row') }}
    where entity = 'purchase_order_line' and row_role in ('FACT', 'REPLICA')
),

summed as (
    select
        lines.source_instance,
        lines.po_id,
        min(source_rows.fact_key) as purchase_order_line_key,
        min(source_rows.supplier_key) as supplier_key,
        sum(case when lines.status = 'CANCELLED' then 0 else 1 end) as line_count,
        case
            when count(lines.line_amount) = count(*)
                then sum(case when lines.status = 'CANCELLED' then 0 else lines.line_amount end)
        end as amount,
        max(lines.source_recorded_at) as changed_at
    from lines
    inner join source_rows on lines.purchase_order_line_key = source_rows.source_row_key
    group by lines.source_instance, lines.po_id
),

final as (
    select
        orders.source_instance,
        orders.native_id,
        orders.po_number,
        {{ normalized_number('orders.po_number') }} as normalized_po_number,
        row_number() over (
            partition by
                orders.source_instance, orders.legal_entity_code, {{ normalized_number('orders.po_number') }}
            order by orders.native_id
        ) as number_rank,
        orders.legal_entity_code,
        orders.currency_code,
        orders.status,
        case
            when orders.status in ('DRAFT', 'PENDING_APPROVAL') then 'DRAFT'
            when orders.status in ('APPROVED', 'SENT') then 'OPEN'
            when orders.status in ('CLOSED', 'CANCELLED') then orders.status
        end as state,
        coalesce(orders.approved_at, orders.created_at) as approved_at,
        greatest(
            summed.changed_at, orders.source_recorded_at, orders.closed_at, orders.cancelled_at, orders.approved_at
        ) as changed_at,
        summed.purchase_order_line_key,
        summed.supplier_key,
        summed.line_count,
        summed.amount
    from orders
    inner join summed on orders.source_instance = summed.source_instance and orders.native_id = summed.po_id
)

select * from final
