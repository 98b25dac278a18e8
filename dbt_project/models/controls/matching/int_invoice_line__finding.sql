-- One row per invoice line and code, with the severity that counts: the code list's, unless a tolerance row overrides it (domain_rules 3.4.8).
with

codes as (select * from {{ ref('exception_code') }}),
measures as (select * from {{ ref('int_invoice_line__measure') }} where is_matchable),
invoice_findings as (select * from {{ ref('int_invoice__finding') }}),

found as (
    select * from {{ ref('int_invoice_line__link_finding') }}
    union all
    select * from {{ ref('int_invoice_line__price_finding') }}
    union all
    select * from {{ ref('int_invoice_line__quantity_finding') }}
    union all
    select * from {{ ref('int_invoice_line__credit_finding') }}
    union all
    select * from {{ ref('int_invoice_line__amount_finding') }}
    union all
    select * from {{ ref('int_invoice_line__usage_finding') }}
    union all
    -- What is wrong with the whole invoice holds every line of it.
    select
        measures.invoice_line_key,
        invoice_findings.code,
        cast(null as decimal(18, 2)) as amount_at_risk,
        cast(null as decimal(18, 6)) as quantity_at_risk,
        invoice_findings.action
    from invoice_findings
    inner join measures on invoice_findings.invoice_key = measures.invoice_key
),

-- Nothing is said against a line before every system it is compared with was read once; it waits.
said as (
    select found.*
    from found
    inner join measures on found.invoice_line_key = measures.invoice_line_key
    where measures.is_judged
    union all
    select
        invoice_line_key,
        'SOURCE_STALE' as code,
        abs(line_amount) as amount_at_risk,
        cast(null as decimal(18, 6)) as quantity_at_risk,
        cast(null as string) as action
    from measures
    where not is_judged
),

final as (
    select
        said.invoice_line_key,
        said.code,
        codes.step,
        coalesce(said.action, codes.severity) as severity,
        said.amount_at_risk,
        said.quantity_at_risk
    from said
    inner join codes on said.code = codes.code
    where coalesce(said.action, '') <> 'PASS'
)

select * from final
