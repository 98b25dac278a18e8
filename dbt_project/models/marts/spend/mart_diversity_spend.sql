-- One row per diversity classification, currency and calendar year: spend while its certificates held, by invoice date (domain_rules 3.6.3).
with

spend_rows as (
    select * from {{ ref('int_spend_row') }}
    where coalesce(charge_class, 'GOODS') not in ('TAX_SALES', 'TAX_USE')
),
invoices as (select * from {{ ref('fct_invoice') }}),
certificates as (
    select * from {{ ref('dim_supplier_certificate') }}
    where certificate_type = 'DIVERSITY' and is_known_code and supplier_key is not null
),

bought as (
    select
        invoices.supplier_key,
        invoices.currency_code,
        invoices.invoice_date,
        substr(cast(invoices.invoice_date as string), 1, 4) as calendar_year,
        count(distinct invoices.invoice_key) as invoice_count,
        sum(spend_rows.spend_amount) as amount
    from spend_rows
    inner join invoices on spend_rows.invoice_key = invoices.invoice_key
    group by invoices.supplier_key, invoices.currency_code, invoices.invoice_date
),

{% set is_held = in_interval('bought.invoice_date', 'certificates.valid_from', 'certificates.valid_to') -%}
-- A day's spend with a supplier counts once for each code, and once in all for the first code that holds.
held as (
    select
        bought.supplier_key,
        bought.currency_code,
        bought.invoice_date,
        bought.calendar_year,
        certificates.code,
        min(bought.invoice_count) as invoice_count,
        min(bought.amount) as amount,
        max(case when {{ is_held }} then 1 else 0 end) as is_held,
        min(case when {{ is_held }} then certificates.code_rank end) as code_rank
    from bought
    inner join certificates on bought.supplier_key = certificates.supplier_key
    group by
        bought.supplier_key,
        bought.currency_code,
        bought.invoice_date,
        bought.calendar_year,
        certificates.code
),

primary_codes as (
    select
        held.*,
        coalesce(
            code_rank = min(code_rank) over (partition by supplier_key, currency_code, invoice_date), false
        ) as is_primary
    from held
),

final as (
    select
        code as classification,
        currency_code,
        cast(calendar_year as bigint) as calendar_year,
        count(distinct case when is_held = 1 then supplier_key end) as supplier_count,
        cast(sum(case when is_held = 1 then invoice_count else 0 end) as bigint) as invoice_count,
        {{ money('sum(case when is_held = 1 then amount else 0 end)') }} as spend_amount,
        {{ money('sum(case when is_primary then amount else 0 end)') }} as primary_spend_amount,
        {{ money('sum(case when is_held = 0 then amount else 0 end)') }} as uncertified_spend_amount
    from primary_codes
    group by code, currency_code, calendar_year
)

select * from final
