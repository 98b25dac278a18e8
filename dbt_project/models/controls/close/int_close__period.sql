-- One row per legal entity and period begun by the run's day; without told periods, per month (domain_rules 3.15).
with

entities as (select * from {{ ref('int_close__entity') }}),
documents as (select * from {{ ref('int_close__document') }}),
told as (select * from {{ ref('dim_fiscal_period') }}),
keys as (select * from {{ ref('can_fiscal_period') }}),
closings as (select * from {{ ref('int_close__closing') }}),
run as (select * from {{ ref('stg_landscape__run') }}),

-- Two years of months in which anybody's documents fall, and the month of the run.
months as (
    select cast(date_trunc('month', documents.document_date) as date) as starts_on
    from documents
    inner join run
        on documents.document_date between {{ add_days('run.as_of', -730) }} and run.as_of
    union distinct
    select cast(date_trunc('month', as_of) as date) as starts_on
    from run
),

{% set areas = ['told.ap_status', 'told.po_status', 'told.inventory_status', 'told.gl_status'] %}
periods as (
    select
        entities.legal_entity_code,
        entities.window_days,
        told.period_code,
        'FISCAL' as basis,
        told.starts_on,
        told.ends_on,
        coalesce(coalesce(told.ap_status, told.gl_status) in ('CLOSED', 'LOCKED'), false) as is_ap_closed,
        case
            when closings.is_closed then 'CLOSED'
            {%- for area in areas %}
            when {{ area }} in ('SOFT_CLOSED', 'CLOSED', 'LOCKED') then 'CLOSING'
            {%- endfor %}
            when coalesce({{ areas | join(', ') }}) in ('FUTURE', 'NEVER_OPENED') then 'NOT_OPENED'
            else 'OPEN'
        end as close_state,
        case when closings.is_closed then {{ local_date('closings.closed_at', 'run.timezone') }} end as closed_on,
        coalesce(closings.reopen_count, 0) as reopen_count
    from entities
    cross join run
    inner join told
        on entities.ledger_code = told.ledger_code and entities.period_instance = told.source_instance
    inner join keys on told.fiscal_period_key = keys.fiscal_period_key
    left join closings on keys.source_instance = closings.source_instance and keys.native_id = closings.record_id
    where told.starts_on <= run.as_of
    union all
    select
        entities.legal_entity_code,
        entities.window_days,
        substr(cast(months.starts_on as string), 1, 7) as period_code,
        'CALENDAR_MONTH' as basis,
        months.starts_on,
        {{ last_of_month('months.starts_on') }} as ends_on,
        false as is_ap_closed,
        cast(null as string) as close_state,
        cast(null as date) as closed_on,
        0 as reopen_count
    from entities
    cross join months
    where entities.period_instance is null
),

windowed as (
    select
        *,
        {{ add_days('ends_on', 'window_days') }} as closes_by
    from periods
),

final as (
    select
        windowed.legal_entity_code,
        windowed.period_code,
        windowed.basis,
        windowed.starts_on,
        windowed.ends_on,
        windowed.closes_by,
        windowed.is_ap_closed,
        -- Nobody says of a calendar month that it is closed: it is over when its accruals are no longer posted.
        coalesce(
            windowed.close_state,
            case
                when run.as_of < windowed.ends_on then 'OPEN'
                when run.as_of <= windowed.closes_by then 'CLOSING'
                else 'OVER'
            end
        ) as close_state,
        windowed.closed_on,
        cast(windowed.reopen_count as integer) as reopen_count
    from windowed
    cross join run
)

select * from final
