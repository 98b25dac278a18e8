-- One row per order line of a service and cut-off: what was performed by then against what was billed and posted (domain_rules 3.9).
with

services as (select * from {{ ref('int_accrual__service') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
invoice_lines as (select * from {{ ref('fct_invoice_line') }} where charge_class in ('GOODS', 'SERVICE')),
invoices as (select * from {{ ref('fct_invoice') }} where not is_void),
run as (select * from {{ ref('stg_landscape__run') }}),

-- A bill in another currency counts as its quantity at the price of the order.
billed as (
    select
        services.purchase_order_line_key,
        services.cutoff_date,
        coalesce(invoices.posting_date, case when invoices.status in ('POSTED', 'PAID') then invoices.business_date end)
            as posted_on,
        least(invoices.invoice_date, invoices.business_date) as billed_on,
        case
            when coalesce(invoices.currency_code = order_lines.currency_code, true) then invoice_lines.line_amount
            else {{ extended_price('coalesce(invoice_lines.invoiced_quantity, 0)', 'order_lines') }}
        end as amount
    from services
    inner join order_lines on services.purchase_order_line_key = order_lines.purchase_order_line_key
    inner join invoice_lines on services.purchase_order_line_key = invoice_lines.purchase_order_line_key
    inner join invoices on invoice_lines.invoice_key = invoices.invoice_key
),

summed as (
    select
        purchase_order_line_key,
        cutoff_date,
        sum(case when billed_on <= cutoff_date then amount else 0 end) as billed_amount,
        sum(case when posted_on <= cutoff_date then amount else 0 end) as posted_amount
    from billed
    group by purchase_order_line_key, cutoff_date
),

measured as (
    select
        services.*,
        order_lines.source_instance,
        order_lines.native_id,
        order_lines.po_number,
        order_lines.line_number,
        order_lines.legal_entity_code,
        order_lines.facility_code,
        order_lines.supplier_key,
        order_lines.description,
        order_lines.currency_code,
        order_lines.cost_center_code,
        order_lines.account_code,
        order_lines.is_finally_invoiced,
        {{ extended_price('greatest(0, order_lines.opening_invoiced_quantity)', 'order_lines') }}
        + coalesce(summed.billed_amount, 0) as billed_amount,
        {{ extended_price('greatest(0, order_lines.opening_invoiced_quantity)', 'order_lines') }}
        + coalesce(summed.posted_amount, 0) as posted_amount
    from services
    inner join order_lines on services.purchase_order_line_key = order_lines.purchase_order_line_key
    left join summed
        on
            services.purchase_order_line_key = summed.purchase_order_line_key
            and services.cutoff_date = summed.cutoff_date
),

-- Nothing more is due for work whose last bill has come.
final as (
    select
        measured.purchase_order_line_key,
        measured.cutoff_date,
        measured.cutoff_date = run.as_of as is_as_of,
        measured.source_instance,
        measured.native_id,
        measured.po_number,
        measured.line_number,
        measured.legal_entity_code,
        measured.facility_code,
        measured.supplier_key,
        measured.description,
        measured.currency_code,
        measured.cost_center_code,
        measured.account_code,
        {{ money('measured.order_amount') }} as order_amount,
        measured.performed_basis,
        measured.performed_amount,
        {{ money('measured.billed_amount') }} as billed_amount,
        {{ money('measured.posted_amount') }} as posted_amount,
        {{ money('case when measured.is_finally_invoiced then 0'
            ~ ' else greatest(measured.performed_amount - measured.billed_amount, 0) end') }} as unbilled_amount,
        {{ money('greatest(least(measured.performed_amount, measured.billed_amount) - measured.posted_amount, 0)') }}
            as not_posted_amount
    from measured
    cross join run
)

select * from final
