-- One row per invoice line, header tax, header freight and header residual: together the signed gross of every invoice.
with

invoices as (select * from {{ ref('fct_invoice') }} where not is_void),
lines as (select * from {{ ref('fct_invoice_line') }}),

from_lines as (
    select
        lines.invoice_line_key as spend_line_key,
        lines.invoice_key,
        lines.invoice_line_key,
        lines.charge_class,
        lines.line_amount as spend_amount
    from lines
    inner join invoices on lines.invoice_key = invoices.invoice_key
),

from_headers as (
    select invoice_key, 'TAX_SALES' as charge_class, header_tax_amount as spend_amount from invoices
    union all
    select invoice_key, 'FREIGHT' as charge_class, header_freight_amount as spend_amount from invoices
    union all
    select invoice_key, 'ROUNDING' as charge_class, residual_amount as spend_amount from invoices
),

final as (
    select spend_line_key, invoice_key, invoice_line_key, charge_class, spend_amount from from_lines
    union all
    select
        {{ concord_key(['invoice_key', "'header'", 'charge_class']) }} as spend_line_key,
        invoice_key,
        cast(null as string) as invoice_line_key,
        charge_class,
        spend_amount
    from from_headers
    where spend_amount <> 0
)

select * from final
