-- One row per PO line or unordered use that was ordered too long after its case, or still is not (domain_rules 3.5.1 c).
with

unordered as (select * from {{ ref('int_usage_event__unordered') }}),
usage as (select * from {{ ref('int_purchase_order_line__usage') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
parameters as (
    select * from {{ ref('int_purchase_order_line__parameter') }} where parameter_code = 'BILL_ONLY_SLA_DAYS'
),
settings as (
    select max(try_cast(value as decimal(18, 6))) as sla_days
    from {{ ref('stg_landscape__parameter') }}
    where
        parameter_code = 'BILL_ONLY_SLA_DAYS'
        and coalesce(supplier, facility, facility_type, entity, category, document_type) is null
),
run as (select * from {{ ref('stg_landscape__run') }}),

waited as (
    select
        'purchase_order_line' as entity_type,
        order_lines.source_instance,
        order_lines.native_id,
        usage.first_used_on as used_on,
        order_lines.ordered_date,
        {{ business_days_between('usage.first_used_on', 'order_lines.ordered_date') }} as waited_days,
        coalesce(parameters.value, 3) as sla_days
    from usage
    inner join order_lines on usage.purchase_order_line_key = order_lines.purchase_order_line_key
    left join parameters on usage.purchase_order_line_key = parameters.purchase_order_line_key
    where order_lines.match_category in ('BILL_ONLY', 'BILL_AND_REPLACE')
    union all
    select
        'usage_event' as entity_type,
        unordered.source_instance,
        unordered.native_id,
        unordered.used_on,
        cast(null as date) as ordered_date,
        {{ business_days_between('unordered.used_on', 'run.as_of') }} as waited_days,
        coalesce(settings.sla_days, 3) as sla_days
    from unordered
    cross join run
    cross join settings
),

final as (
    select
        entity_type,
        source_instance,
        native_id,
        used_on,
        ordered_date,
        cast(waited_days as integer) as waited_days,
        cast(sla_days as integer) as sla_days
    from waited
    where waited_days > sla_days
)

select * from final
