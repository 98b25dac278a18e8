-- One row per legal entity: the system that tells the periods of its ledger, if any, and how long its close takes.
with

documents as (select * from {{ ref('int_close__document') }}),
legal_entities as (select * from {{ ref('can_legal_entity') }} where not is_deleted),
periods as (select * from {{ ref('dim_fiscal_period') }}),
parameters as (
    select
        entity,
        min(try_cast(value as integer)) as window_days
    from {{ ref('stg_landscape__parameter') }}
    cross join {{ ref('stg_landscape__run') }}
    where parameter_code = 'ACCRUAL_WINDOW_DAYS' and {{ in_interval('as_of', 'valid_from', 'valid_to') }}
    group by entity
),

entities as (
    select
        legal_entity_code,
        max(ledger_code) as ledger_code
    from (
        select
            legal_entity_code,
            ledger_code
        from legal_entities
        union all
        select
            legal_entity_code,
            cast(null as string) as ledger_code
        from documents
    ) as named
    group by legal_entity_code
),

-- Of several systems that tell periods of one ledger, one is heard.
ledgers as (
    select
        ledger_code,
        min(source_instance) as period_instance
    from periods
    group by ledger_code
),

final as (
    select
        entities.legal_entity_code,
        entities.ledger_code,
        ledgers.period_instance,
        coalesce(own_window.window_days, all_window.window_days, 10) as window_days
    from entities
    left join ledgers on entities.ledger_code = ledgers.ledger_code
    left join parameters as own_window on entities.legal_entity_code = own_window.entity
    left join parameters as all_window on all_window.entity is null
)

select * from final
