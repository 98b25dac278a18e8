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

final as (
    select
        found.invoice_line_key,
        found.code,
        codes.step,
        coalesce(found.action, codes.severity) as severity,
        found.amount_at_risk,
        found.quantity_at_risk
    from found
    inner join codes on found.code = codes.code
    where coalesce(found.action, '') <> 'PASS'
)

select * from final
