-- One row per charge and merchandise line of an invoice: the share of the charge the line bears (domain_rules 3.4.6).
with

invoices as (select * from {{ ref('fct_invoice') }} where not is_void),
lines as (select * from {{ ref('fct_invoice_line') }}),

charges as (
    select
        lines.invoice_key,
        lines.invoice_line_key as charge_key,
        lines.charge_class,
        lines.line_amount as charge_amount
    from lines
    inner join invoices on lines.invoice_key = invoices.invoice_key
    where lines.charge_class not in ('GOODS', 'SERVICE')
    union all
    select
        invoice_key,
        invoice_key || '-FREIGHT' as charge_key,
        'FREIGHT' as charge_class,
        header_freight_amount as charge_amount
    from invoices
    where header_freight_amount <> 0
    union all
    select
        invoice_key,
        invoice_key || '-TAX' as charge_key,
        'TAX_SALES' as charge_class,
        header_tax_amount as charge_amount
    from invoices
    where header_tax_amount <> 0
    union all
    select
        invoice_key,
        invoice_key || '-ROUNDING' as charge_key,
        'ROUNDING' as charge_class,
        residual_amount as charge_amount
    from invoices
    where residual_amount <> 0
),

merchandise as (
    select
        lines.invoice_key,
        lines.invoice_line_key,
        lines.line_amount,
        sum(lines.line_amount) over (partition by lines.invoice_key) as total_amount,
        row_number() over (
            partition by lines.invoice_key
            order by abs(lines.line_amount) desc nulls last, lines.line_number nulls last, lines.native_id
        ) as size_rank
    from lines
    where coalesce(lines.charge_class, 'GOODS') in ('GOODS', 'SERVICE')
),

shared as (
    select
        charges.charge_key,
        charges.invoice_key,
        charges.charge_class,
        charges.charge_amount,
        merchandise.invoice_line_key,
        merchandise.size_rank,
        coalesce(
            {{ divide(product('charges.charge_amount', 'merchandise.line_amount'), 'merchandise.total_amount', 2) }},
            0
        ) as share_amount
    from charges
    inner join merchandise on charges.invoice_key = merchandise.invoice_key
),

-- The cent that rounding leaves over goes to the largest line, then the lowest line number.
summed as (
    select
        shared.*,
        sum(shared.share_amount) over (partition by shared.charge_key) as shared_amount
    from shared
),

final as (
    select
        charge_key,
        invoice_line_key,
        invoice_key,
        charge_class,
        charge_amount,
        {{ money('share_amount + case when size_rank = 1 then charge_amount - shared_amount else 0 end') }}
            as allocated_amount
    from summed
)

select * from final
