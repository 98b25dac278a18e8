-- One row per receipt line and code: its quantity cannot be read (domain_rules 3.3.1), or the order it names has not come (3.11).
with

receipts as (select * from {{ ref('fct_receipt_line') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
instances as (select * from {{ ref('stg_landscape__instance') }}),
records as (
    select source_instance from {{ ref('stg_landscape__system_of_record') }}
    where domain = 'purchase_order' and write_policy = 'MASTER'
    group by source_instance
),
parameters as (select * from {{ ref('stg_landscape__parameter') }}),
codes as (select * from {{ ref('exception_code') }}),
run as (select * from {{ ref('stg_landscape__run') }}),

known_numbers as (
    select
        {{ normalized_number('po_number') }} as po_number,
        {{ normalized_number('line_number') }} as line_number
    from order_lines
    group by {{ normalized_number('po_number') }}, {{ normalized_number('line_number') }}
),

settings as (
    select
        coalesce(max(case when parameter_code = 'HORIZON_DAYS' then try_cast(value as integer) end), 0) as horizon_days,
        coalesce(
            max(
                case
                    when parameter_code = 'REPLICATION_GRACE_HOURS' and document_type = 'PURCHASE_ORDER'
                        then try_cast(value as integer)
                end
            ),
            24
        ) as grace_hours
    from parameters
),

-- Orders can only be missed where history reaches, and once their system was read again.
horizon as (
    select
        max(instances.history_starts_on) as history_starts_on,
        min(coalesce(instances.last_loaded_at, timestamp '0001-01-01 00:00:00')) as last_loaded_at
    from instances
    inner join records on instances.source_instance = records.source_instance
),

orphans as (
    select receipts.receipt_line_key
    from receipts
    cross join settings
    cross join horizon
    cross join run
    left join known_numbers
        on
            {{ normalized_number('receipts.po_number') }} = known_numbers.po_number
            and {{ normalized_number('receipts.po_line_number') }} = known_numbers.line_number
    where
        receipts.purchase_order_line_key is null
        and receipts.po_number is not null
        and known_numbers.po_number is null
        and receipts.business_date >= coalesce(
            {{ add_days('horizon.history_starts_on', 'settings.horizon_days') }}, date '0001-01-01'
        )
        and {{ seconds_between('receipts.recorded_at', 'least(run.as_of_ends_at, horizon.last_loaded_at)') }}
        > settings.grace_hours * 3600
),

found as (
    select receipt_line_key, 'UOM_UNRESOLVED' as code from receipts where unit_factor is null
    union all
    select receipt_line_key, 'ORPHAN_CHILD' as code from orphans
),

final as (
    select
        'receipt_line' as entity_type,
        receipts.source_instance,
        receipts.native_id,
        found.code,
        coalesce(receipts.receipt_number || '|' || cast(receipts.line_number as string), receipts.native_id)
            as business_key,
        order_lines.legal_entity_code,
        order_lines.supplier_key,
        receipts.facility_code,
        receipts.purchase_order_line_key,
        cast(null as string) as invoice_key,
        cast(null as decimal(18, 2)) as amount_at_risk,
        receipts.quantity as quantity_at_risk,
        cast(null as string) as cause_code,
        cast(null as decimal(18, 6)) as cause_ratio,
        cast(null as decimal(18, 6)) as proposed_quantity,
        codes.severity,
        case
            when found.code = 'ORPHAN_CHILD'
                then
                    {{ json_object({
                        'words': 'codes.words',
                        'po_number': 'receipts.po_number',
                        'po_line_number': 'receipts.po_line_number',
                        'recorded_at': 'cast(receipts.recorded_at as string)',
                    }) }}
        end as evidence
    from found
    inner join receipts on found.receipt_line_key = receipts.receipt_line_key
    inner join codes on found.code = codes.code
    left join order_lines on receipts.purchase_order_line_key = order_lines.purchase_order_line_key
)

select * from final
