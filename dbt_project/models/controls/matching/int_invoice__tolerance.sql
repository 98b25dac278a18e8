-- One row per invoice and check of the whole invoice (CHARGE, TAX, SMALL_DIFFERENCE): the tolerance that applies (domain_rules 3.1).
with

invoices as (select * from {{ ref('fct_invoice') }} where not is_void),
suppliers as (select * from {{ ref('dim_supplier') }}),
tolerances as (
    select * from {{ ref('stg_landscape__tolerance') }}
    where check_code in ('CHARGE', 'TAX', 'SMALL_DIFFERENCE')
),

subjects as (
    select
        invoices.invoice_key,
        suppliers.supplier_number,
        cast(null as string) as facility_code,
        cast(null as string) as facility_type,
        invoices.legal_entity_code,
        cast(null as string) as category_code,
        invoices.invoice_type as document_type,
        invoices.invoice_date as on_date
    from invoices
    left join suppliers on invoices.supplier_key = suppliers.supplier_key
    -- Only these can break a tolerance, and a ledger of plain lines has none of them.
    where
        invoices.residual_amount <> 0
        or invoices.header_freight_amount <> 0
        or invoices.header_tax_amount <> 0
        or invoices.lines_amount <> invoices.merchandise_amount
),

fitting as (
    select
        subjects.invoice_key,
        tolerances.check_code,
        tolerances.lower_abs,
        tolerances.lower_pct,
        tolerances.upper_abs,
        tolerances.upper_pct,
        coalesce(tolerances.combine, 'ALL') as combine,
        tolerances.action,
        {{ scope_words('tolerances') }} as scope,
        row_number() over (
            partition by subjects.invoice_key, tolerances.check_code
            order by {{ scope_specificity('tolerances') }} desc nulls last, tolerances.upper_abs nulls last
        ) as preference
    from subjects
    inner join tolerances on {{ scope_fits('tolerances', 'subjects') }}
),

final as (
    select
        invoice_key,
        check_code,
        lower_abs,
        lower_pct,
        upper_abs,
        upper_pct,
        combine,
        action,
        scope
    from fitting
    where preference = 1
)

select * from final
