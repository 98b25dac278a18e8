-- One row per invoice and code that concerns it as a whole, in the shape of all findings (domain_rules 3.4.5 steps 1, 8-9).
with

invoice_findings as (select * from {{ ref('int_invoice__finding') }}),
invoices as (select * from {{ ref('fct_invoice') }}),
duplicates as (select * from {{ ref('int_invoice__duplicate') }}),
codes as (select * from {{ ref('exception_code') }}),

final as (
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
                        'confirmed_by': 'duplicates.confirmed_by',
                    }) }}
        end as evidence
    from invoice_findings
    inner join invoices on invoice_findings.invoice_key = invoices.invoice_key
    inner join codes on invoice_findings.code = codes.code
    left join duplicates
        on invoice_findings.invoice_key = duplicates.invoice_key and invoice_findings.code = duplicates.code
    where coalesce(invoice_findings.action, '') <> 'PASS'
)

select * from final
