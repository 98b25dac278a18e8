-- One row per acceptance of a service up to as_of: the PO line it belongs to, and the day by which the work was done (domain_rules 3.9).
with

acceptances as (select * from {{ ref('can_service_acceptance') }} where not is_deleted),
order_lines as (select * from {{ ref('int_purchase_order_line__document') }}),
instances as (select * from {{ ref('stg_landscape__instance') }}),
run as (select * from {{ ref('stg_landscape__run') }}),

-- An id of another system is taken where only one line has it.
by_id as (
    select
        native_id,
        min(fact_key) as fact_key
    from order_lines
    where is_fact
    group by native_id
    having count(*) = 1
),

dated as (
    select
        acceptances.*,
        {{ local_date('acceptances.accepted_at', 'coalesce(instances.timezone, run.timezone)') }} as accepted_on,
        try_cast(acceptances.period_code || '-01' as date) as period_start,
        run.as_of
    from acceptances
    cross join run
    left join instances on acceptances.source_instance = instances.source_instance
),

-- Work of a period is done by its end, however late it is accepted.
placed as (
    select
        dated.service_acceptance_key,
        dated.source_system,
        dated.source_instance,
        dated.native_id,
        coalesce(order_lines.fact_key, by_id.fact_key) as purchase_order_line_key,
        dated.accepted_amount,
        dated.accepted_share,
        dated.period_code,
        dated.accepted_at,
        dated.actor,
        coalesce(
            {{ add_days("cast(substr(cast(" ~ add_days('dated.period_start', 31)
                ~ " as string), 1, 7) || '-01' as date)", -1) }},
            dated.accepted_on
        ) as performed_on
    from dated
    left join order_lines
        on dated.source_instance = order_lines.source_instance and dated.po_line_id = order_lines.native_id
    left join by_id on dated.po_line_id = by_id.native_id
    where coalesce(dated.accepted_on <= dated.as_of, true)
),

-- One instance speaks for a line: its own, else the first that says anything; the others tell the same work again.
heard as (
    select
        placed.*,
        first_value(placed.source_instance) over (
            partition by placed.purchase_order_line_key
            order by (facts.native_id is null), placed.source_instance
        ) as speaking_instance
    from placed
    left join order_lines as facts
        on
            placed.purchase_order_line_key = facts.fact_key
            and placed.source_instance = facts.source_instance
            and facts.is_fact
),

final as (
    select
        service_acceptance_key,
        source_system,
        source_instance,
        native_id,
        purchase_order_line_key,
        accepted_amount,
        accepted_share,
        period_code,
        accepted_at,
        actor,
        performed_on
    from heard
    where purchase_order_line_key is null or source_instance = speaking_instance
)

select * from final
