-- One row per legal entity, period, check and currency: what stands against the close (domain_rules 3.15).
with

periods as (select * from {{ ref('int_close__period') }} where close_state <> 'NOT_OPENED'),
answers as (select * from {{ ref('int_close__answer') }}),
checks as (select * from {{ ref('stg_landscape__close_check') }}),
run as (select * from {{ ref('stg_landscape__run') }}),
{% set columns = [
    'check_code', 'legal_entity_code', 'item_date', 'is_standing', 'currency_code', 'item_key', 'amount'] %}
items as (
    {%- for name in ['document', 'copy', 'exchange'] %}
    select {{ columns | join(', ') }} from {{ ref('int_close__' ~ name ~ '_item') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- The bridge is drawn for the run's day alone: it says nothing of a period that ended before.
asked as (
    select
        periods.*,
        run.as_of,
        checks.check_code,
        checks.owner_role,
        checks.is_blocking,
        checks.weight,
        checks.words
    from periods
    cross join run
    inner join answers on periods.legal_entity_code = answers.legal_entity_code
    inner join checks on answers.check_code = checks.check_code
    where checks.check_code <> 'GRNI_UNEXPLAINED' or periods.ends_on >= run.as_of
),

daily as (
    select
        check_code,
        legal_entity_code,
        item_date,
        is_standing,
        currency_code,
        count(distinct item_key) as item_count,
        sum(amount) as amount
    from items
    group by check_code, legal_entity_code, item_date, is_standing, currency_code
),

-- What stands at the end of a period counts in it whenever it began, the rest in its own period alone.
counted as (
    select
        asked.legal_entity_code,
        asked.period_code,
        asked.check_code,
        daily.currency_code,
        sum(daily.item_count) as item_count,
        sum(daily.amount) as amount
    from asked
    inner join daily
        on
            asked.legal_entity_code = daily.legal_entity_code
            and asked.check_code = daily.check_code
            and asked.ends_on >= daily.item_date
            and (daily.is_standing or asked.starts_on <= daily.item_date)
    group by asked.legal_entity_code, asked.period_code, asked.check_code, daily.currency_code
),

final as (
    select
        asked.as_of,
        asked.legal_entity_code,
        asked.period_code,
        asked.basis,
        asked.starts_on,
        asked.ends_on,
        asked.close_state,
        asked.closed_on,
        asked.reopen_count,
        asked.check_code,
        asked.words,
        asked.owner_role,
        asked.is_blocking,
        asked.weight,
        counted.check_code is null as is_passed,
        cast(coalesce(counted.item_count, 0) as bigint) as item_count,
        case when counted.check_code is null then {{ money('0') }} else {{ money('counted.amount') }} end as amount,
        counted.currency_code
    from asked
    left join counted
        on
            asked.legal_entity_code = counted.legal_entity_code
            and asked.period_code = counted.period_code
            and asked.check_code = counted.check_code
)

select * from final
