-- One row per cost center and contiguous run of payment dates under one name.
with

payment_lines as ({{ uk_spend_payment_lines() }}),

names_of_day as (
    select
        source_instance,
        cost_center_code,
        payment_date,
        cost_center_name,
        count(*) as line_count,
        max(known_at) as ingested_at,
        min(known_at) as known_from
    from payment_lines
    where not is_deleted
    group by source_instance, cost_center_code, payment_date, cost_center_name
),

-- Two names on one day: the one on more lines speaks for the day.
ranked as (
    select
        names_of_day.*,
        row_number() over (
            partition by names_of_day.source_instance, names_of_day.cost_center_code, names_of_day.payment_date
            order by names_of_day.line_count desc nulls last, names_of_day.cost_center_name nulls last
        ) as preference
    from names_of_day
),

marked as (
    select
        ranked.*,
        case
            when
                lag(ranked.cost_center_name) over (
                    partition by ranked.source_instance, ranked.cost_center_code
                    order by ranked.payment_date nulls last
                ) = ranked.cost_center_name
                then 0
            else 1
        end as starts_run
    from ranked
    where ranked.preference = 1
),

numbered as (
    select
        marked.*,
        sum(marked.starts_run) over (
            partition by marked.source_instance, marked.cost_center_code
            order by marked.payment_date nulls last
            rows between unbounded preceding and current row
        ) as run_number
    from marked
),

runs as (
    select
        source_instance,
        cost_center_code,
        run_number,
        cost_center_name,
        min(payment_date) as valid_from,
        max(ingested_at) as ingested_at,
        min(known_from) as known_from,
        false as is_deleted
    from numbered
    group by source_instance, cost_center_code, run_number, cost_center_name
),

final as (
    select
        cost_center_code,
        cost_center_name as name,
        valid_from,
        lead(valid_from) over (
            partition by source_instance, cost_center_code order by valid_from nulls last
        ) as valid_to,
        {{ uk_spend_origin(native_id(['cost_center_code', 'valid_from']), [
            'cost_center_code', 'cost_center_name', 'valid_from',
        ]) }}
    from runs
)

select * from final
