-- One row per invoice of which a governed value speaks: does its supplier bill alike again and again, or number by reference (domain_rules 3.1, 3.4.9)?
with

invoices as (select * from {{ ref('fct_invoice') }} where not is_void),
lines as (select * from {{ ref('fct_invoice_line') }}),
scopes as (select * from {{ ref('int_purchase_order_line__scope') }}),
suppliers as (select * from {{ ref('dim_supplier') }}),
parameters as (
    select * from {{ ref('stg_landscape__parameter') }}
    where parameter_code in ('RECURRING_BILLS', 'REFERENCE_NUMBERS', 'FISCAL_YEAR_FIRST_MONTH')
),

-- An order line says what is bought; a bill without one is known by its supplier and entity only.
subjects as (
    select
        invoices.invoice_key,
        lines.invoice_line_key,
        suppliers.supplier_number,
        coalesce(scopes.facility_code, lines.facility_code) as facility_code,
        scopes.facility_type,
        invoices.legal_entity_code,
        scopes.category_code,
        invoices.invoice_type as document_type,
        invoices.invoice_date as on_date
    from invoices
    left join lines on invoices.invoice_key = lines.invoice_key
    left join scopes on lines.purchase_order_line_key = scopes.purchase_order_line_key
    left join suppliers on invoices.supplier_key = suppliers.supplier_key
),

fitting as (
    select
        subjects.invoice_key,
        subjects.invoice_line_key,
        parameters.parameter_code,
        try_cast(parameters.value as integer) as value,
        {{ scope_specificity('parameters') }} as specificity
    from subjects
    inner join parameters on {{ scope_fits('parameters', 'subjects') }}
),

ranked as (
    select
        fitting.*,
        row_number() over (
            partition by fitting.invoice_key, fitting.invoice_line_key, fitting.parameter_code
            order by fitting.specificity desc nulls last
        ) as preference,
        count(*) over (
            partition by
                fitting.invoice_key, fitting.invoice_line_key, fitting.parameter_code, fitting.specificity
        ) as equals_count
    from fitting
),

-- Of two values with equal right neither is used; one line that recurs is enough.
final as (
    select
        invoice_key,
        {%- for code, name in [('RECURRING_BILLS', 'is_recurring'), ('REFERENCE_NUMBERS', 'is_number_reference')] %}
        max(case when parameter_code = '{{ code }}' and value = 1 and equals_count = 1 then 1 else 0 end) = 1
            as {{ name }},
        {%- endfor %}
        max(case when parameter_code = 'FISCAL_YEAR_FIRST_MONTH' and equals_count = 1 then value end)
            as fiscal_year_first_month,
        max(case when equals_count > 1 then 1 else 0 end) = 1 as is_ambiguous
    from ranked
    where preference = 1
    group by invoice_key
)

select * from final
