-- One row per fiscal period of a ledger and system, in force on which days and how far closed.
with

periods as (select * from {{ ref('can_fiscal_period') }} where not is_deleted),
run as (select * from {{ ref('stg_landscape__run') }}),

final as (
    select
        periods.fiscal_period_key,
        periods.source_instance,
        periods.ledger_code,
        periods.period_code,
        periods.starts_on,
        periods.ends_on,
        periods.ap_status,
        periods.po_status,
        periods.inventory_status,
        periods.gl_status,
        periods.closed_at,
        run.as_of between periods.starts_on and periods.ends_on as is_current
    from periods
    cross join run
)

select * from final
