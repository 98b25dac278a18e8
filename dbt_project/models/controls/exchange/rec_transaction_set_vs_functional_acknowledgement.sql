-- One row per order sent by EDI with what became of it on the way, and per answer (997) to what was never sent (source_systems 4.5).
with

sets as (select * from {{ ref('can_transaction_set') }} where not is_deleted and set_code in ('850', '860')),
answers as (select * from {{ ref('int_functional_acknowledgement__set') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
instances as (select * from {{ ref('stg_landscape__instance') }}),
parameters as (
    select * from {{ ref('stg_landscape__parameter') }} where parameter_code = 'FUNCTIONAL_ACKNOWLEDGEMENT_HOURS'
),
run as (select * from {{ ref('stg_landscape__run') }}),

limits as (select coalesce(max(try_cast(value as integer)), 24) as allowed_hours from parameters),

ordered as (
    select
        {{ normalized_number('po_number') }} as po_number,
        min(supplier_key) as supplier_key,
        {{ money('sum(line_amount)') }} as order_amount
    from order_lines
    group by {{ normalized_number('po_number') }}
),

{% set refused = "('R', 'M', 'W', 'X')" %}
of_orders as (
    select
        sets.source_instance,
        sets.native_id,
        sets.receiver as partner_id,
        sets.set_code,
        sets.group_number,
        sets.set_number,
        sets.po_number,
        sets.sent_at,
        answers.acknowledged_at,
        answers.error_code,
        case
            when answers.group_status_code in {{ refused }} or answers.set_status_code in {{ refused }} then 'REJECTED'
            when coalesce(answers.set_status_code, answers.group_status_code) = 'P' then 'PARTLY_ACCEPTED'
            when coalesce(answers.set_status_code, answers.group_status_code) = 'E' then 'ACCEPTED_WITH_ERRORS'
            when answers.transaction_set_key is not null then 'ACCEPTED'
            -- What could have come since the exchange was last read is not missed.
            when
                {{ seconds_between('sets.sent_at', 'least(run.as_of_ends_at, instances.last_loaded_at)') }}
                > limits.allowed_hours * 3600
                then 'MISSING'
            else 'AWAITED'
        end as transmission_status
    from sets
    cross join limits
    cross join run
    left join instances on sets.source_instance = instances.source_instance
    left join answers on sets.transaction_set_key = answers.transaction_set_key and answers.recency = 1
),

of_nothing as (
    select
        source_instance,
        native_id,
        sender as partner_id,
        set_code,
        acknowledged_group as group_number,
        acknowledged_set as set_number,
        cast(null as string) as po_number,
        cast(null as timestamp) as sent_at,
        acknowledged_at,
        error_code,
        'NEVER_SENT' as transmission_status
    from answers
    where transaction_set_key is null
),

found as (
    select * from of_orders
    union all
    select * from of_nothing
),

-- What goes wrong on the way belongs to those who keep the way (domain_rules 3.17, transport).
final as (
    select
        found.*,
        ordered.supplier_key,
        ordered.order_amount,
        found.transmission_status not in ('ACCEPTED', 'AWAITED') as is_open,
        case when found.transmission_status not in ('ACCEPTED', 'AWAITED') then 'integration_team' end as owner_role
    from found
    left join ordered on {{ normalized_number('found.po_number') }} = ordered.po_number
)

select * from final
