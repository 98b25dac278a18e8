-- One row per entity and code found in this run, in one shape: what, where, how much, why.
with

line_findings as (select * from {{ ref('int_invoice_line__finding') }}),
invoice_findings as (select * from {{ ref('int_invoice__finding') }}),
line_matches as (select * from {{ ref('rec_invoice_line_vs_purchase_order_line') }}),
order_matches as (select * from {{ ref('rec_purchase_order_line_vs_receipt') }}),
invoices as (select * from {{ ref('fct_invoice') }}),
duplicates as (select * from {{ ref('int_invoice__duplicate') }}),
codes as (select * from {{ ref('exception_code') }}),

{% set short = "('QTY_OVER_RECEIVED', 'AWAITING_RECEIPT', 'RECEIPT_OVERDUE')" %}
of_lines as (
    select
        'invoice_line' as entity_type,
        line_matches.source_instance,
        line_matches.native_id,
        line_findings.code,
        coalesce(line_matches.invoice_number, '') || '|' || coalesce(cast(line_matches.line_number as string), '')
            as business_key,
        line_matches.legal_entity_code,
        line_matches.supplier_key,
        line_matches.facility_code,
        line_matches.purchase_order_line_key,
        line_matches.invoice_key,
        line_findings.amount_at_risk,
        line_findings.quantity_at_risk,
        {%- for name in ['cause_code', 'cause_ratio', 'proposed_quantity'] %}
        case when line_findings.code in {{ short }} then line_matches.{{ name }} end as {{ name }},
        {%- endfor %}
        line_findings.severity,
        cast(null as string) as evidence
    from line_findings
    inner join line_matches on line_findings.invoice_line_key = line_matches.invoice_line_key
    where line_findings.code not in (select codes.code from codes where codes.is_invoice_level)
),

of_invoices as (
    select
        'invoice' as entity_type,
        invoices.source_instance,
        invoices.native_id,
        invoice_findings.code,
        invoices.invoice_number as business_key,
        invoices.legal_entity_code,
        invoices.supplier_key,
        cast(null as string) as facility_code,
        cast(null as string) as purchase_order_line_key,
        invoices.invoice_key,
        invoice_findings.amount_at_risk,
        invoice_findings.quantity_at_risk,
        duplicates.duplicate_class as cause_code,
        cast(null as decimal(18, 6)) as cause_ratio,
        cast(null as decimal(18, 6)) as proposed_quantity,
        coalesce(invoice_findings.action, codes.severity) as severity,
        case
            when duplicates.invoice_key is not null
                then
                    {{ json_object({
                        'words': 'codes.words', 'invoice_date': 'cast(invoices.invoice_date as string)',
                        'gross_amount': 'cast(invoices.gross_amount as string)',
                        'other_instance': 'duplicates.other_instance', 'other_native_id': 'duplicates.other_native_id',
                        'other_invoice_number': 'duplicates.other_invoice_number',
                        'other_invoice_date': 'cast(duplicates.other_invoice_date as string)',
                        'other_gross_amount': 'cast(duplicates.other_gross_amount as string)',
                    }) }}
        end as evidence
    from invoice_findings
    inner join invoices on invoice_findings.invoice_key = invoices.invoice_key
    inner join codes on invoice_findings.code = codes.code
    left join duplicates
        on invoice_findings.invoice_key = duplicates.invoice_key and invoice_findings.code = 'DUPLICATE_INVOICE'
    where coalesce(invoice_findings.action, '') <> 'PASS'
),

{% set order_quantity %}
    case
        when codes.code = 'RETURN_EXCEEDS_RECEIPT' then order_matches.excess_return_quantity
        else abs(order_matches.received_quantity - order_matches.ordered_quantity)
    end
{%- endset %}
of_orders as (
    select
        'purchase_order_line' as entity_type,
        order_matches.source_instance,
        order_matches.native_id,
        codes.code,
        order_matches.po_number || '|' || coalesce(cast(order_matches.line_number as string), '') as business_key,
        order_matches.legal_entity_code,
        order_matches.supplier_key,
        order_matches.facility_code,
        order_matches.purchase_order_line_key,
        cast(null as string) as invoice_key,
        {{ money(product(order_quantity, 'order_matches.base_unit_price')) }} as amount_at_risk,
        {{ quantity(order_quantity) }} as quantity_at_risk,
        {%- for name in ['cause_code', 'cause_ratio', 'proposed_quantity'] %}
        case when codes.code = 'RECEIPT_OVER_ORDERED' then order_matches.{{ name }} end as {{ name }},
        {%- endfor %}
        codes.severity,
        cast(null as string) as evidence
    from order_matches
    inner join codes on ',' || order_matches.codes || ',' like '%,' || codes.code || ',%'
    where order_matches.codes <> ''
),

final as (
    select * from of_lines
    union all
    select * from of_invoices
    union all
    select * from of_orders
    {%- for family in ['receipt_line', 'replication', 'supplier', 'contract_price', 'accrual'] %}
    union all
    select * from {{ ref('int_finding__' ~ family) }}
    {%- endfor %}
)

select * from final
