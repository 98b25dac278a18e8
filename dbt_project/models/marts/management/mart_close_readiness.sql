-- One row per legal entity and period: how ready it is, and how long its close took (domain_rules 3.15, K9).
with

checks as (select * from {{ ref('rec_period_vs_close_check') }}),

{% set period = ['as_of', 'legal_entity_code', 'period_code', 'basis', 'starts_on', 'ends_on', 'close_state',
    'closed_on', 'reopen_count'] | join(', ') %}
-- A check that fails in two currencies fails once.
answered as (
    select
        {{ period }},
        check_code,
        is_blocking,
        is_passed,
        weight
    from checks
    group by {{ period }}, check_code, is_blocking, is_passed, weight
),

summed as (
    select
        {{ period }},
        count(*) as check_count,
        sum(case when is_passed then 1 else 0 end) as passed_count,
        sum(case when is_blocking and not is_passed then 1 else 0 end) as blocking_count,
        sum(weight) as weight_total,
        sum(case when is_passed then weight else 0 end) as weight_passed
    from answered
    group by {{ period }}
),

final as (
    select
        as_of as as_of_date,
        legal_entity_code,
        period_code,
        basis,
        starts_on,
        ends_on,
        close_state,
        cast(check_count as bigint) as check_count,
        cast(passed_count as bigint) as passed_count,
        cast(blocking_count as bigint) as blocking_count,
        cast(weight_passed as decimal(18, 6)) as weight_passed,
        cast(weight_total as decimal(18, 6)) as weight_total,
        {{ divide('weight_passed', 'weight_total', 4) }} as readiness,
        blocking_count = 0 as is_ready,
        closed_on,
        reopen_count,
        case
            when closed_on is not null
                then cast(greatest({{ business_days_between('ends_on', 'closed_on') }}, 0) as integer)
        end as days_to_close
    from summed
)

select * from final
