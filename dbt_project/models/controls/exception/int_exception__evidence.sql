-- One row per current finding: the numbers and documents a reviewer needs to redo the arithmetic, as JSON.
with

findings as (select * from {{ ref('int_finding__current') }}),
line_matches as (select * from {{ ref('rec_invoice_line_vs_purchase_order_line') }}),
order_matches as (select * from {{ ref('rec_purchase_order_line_vs_receipt') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
invoice_lines as (select * from {{ ref('fct_invoice_line') }}),
receipts as (select * from {{ ref('fct_receipt_line') }}),
charges as (select * from {{ ref('int_invoice__charge') }}),
candidates as (select * from {{ ref('int_invoice_line__candidate') }}),
codes as (select * from {{ ref('exception_code') }}),
tolerances as (select * from {{ ref('int_exception__tolerance') }}),

-- An unknown unit is proposed as an alias of the unit the order line uses.
units_in_question as (
    select
        'invoice_line' as entity_type,
        invoice_lines.source_instance,
        invoice_lines.native_id,
        invoice_lines.source_system,
        invoice_lines.source_uom_code,
        order_lines.order_uom_code as proposed_uom_code
    from invoice_lines
    left join order_lines on invoice_lines.purchase_order_line_key = order_lines.purchase_order_line_key
    where invoice_lines.uom_code is null and invoice_lines.source_uom_code is not null
    union all
    select
        'receipt_line' as entity_type,
        receipts.source_instance,
        receipts.native_id,
        receipts.source_system,
        receipts.source_uom_code,
        order_lines.order_uom_code as proposed_uom_code
    from receipts
    left join order_lines on receipts.purchase_order_line_key = order_lines.purchase_order_line_key
    where receipts.uom_code is null and receipts.source_uom_code is not null
    union all
    select
        'purchase_order_line' as entity_type,
        source_instance,
        native_id,
        source_system,
        source_uom_code,
        cast(null as string) as proposed_uom_code
    from order_lines
    where order_uom_code is null and source_uom_code is not null
),

final as (
    select
        findings.entity_type,
        findings.source_instance,
        findings.native_id,
        findings.code,
        coalesce(findings.evidence, {{ json_object({
            'words': 'codes.words',
            'po_number': 'coalesce(line_matches.po_number, order_matches.po_number)',
            'po_line_number': 'cast(coalesce(line_matches.po_line_number, order_matches.line_number) as string)',
            'base_uom_code': 'coalesce(line_matches.base_uom_code, order_matches.base_uom_code)',
            'ordered_quantity': 'cast(coalesce(line_matches.ordered_quantity, order_matches.ordered_quantity) as string)',
            'received_quantity': 'cast(coalesce(line_matches.received_quantity, order_matches.received_quantity) as string)',
            'used_quantity': 'cast(line_matches.used_quantity as string)',
            'previously_invoiced_quantity': 'cast(line_matches.previously_invoiced_quantity as string)',
            'invoiced_quantity': 'cast(line_matches.invoiced_quantity as string)',
            'quantity_at_risk': 'cast(findings.quantity_at_risk as string)',
            'po_unit_price': 'cast(line_matches.po_unit_price as string)',
            'invoice_unit_price': 'cast(line_matches.invoice_unit_price as string)',
            'price_variance_amount': 'cast(line_matches.price_variance_amount as string)',
            'charge_amount': 'cast(charges.charge_amount as string)',
            'planned_freight_amount': 'cast(charges.planned_freight_amount as string)',
            'tax_amount': 'cast(charges.tax_amount as string)',
            'residual_amount': 'cast(charges.residual_amount as string)',
            'tolerance_check': 'tolerances.check_code',
            'tolerance_amount': 'cast(tolerances.limit_amount as string)',
            'tolerance_share': 'cast(tolerances.limit_share as string)',
            'tolerance_combine': 'tolerances.combine',
            'tolerance_scope': 'tolerances.scope',
            'cause_code': 'findings.cause_code',
            'cause_ratio': 'cast(findings.cause_ratio as string)',
            'proposed_quantity': 'cast(findings.proposed_quantity as string)',
            'candidate_po_line': "case when findings.code = 'NO_PO_LINK' then candidates.candidate end",
            'unknown_unit': 'units_in_question.source_uom_code',
            'proposed_alias': "case when units_in_question.source_uom_code is not null then concat_ws(',', "
                ~ "units_in_question.source_system, units_in_question.source_instance, units_in_question.source_uom_code, "
                ~ "coalesce(units_in_question.proposed_uom_code, '?')) end",
        }) }}) as evidence
    from findings
    inner join codes on findings.code = codes.code
    left join tolerances
        on
            findings.entity_type = tolerances.entity_type
            and findings.source_instance = tolerances.source_instance
            and findings.native_id = tolerances.native_id
            and findings.code = tolerances.code
    left join line_matches
        on
            findings.source_instance = line_matches.source_instance
            and case when findings.entity_type = 'invoice_line' then findings.native_id end = line_matches.native_id
    left join candidates on line_matches.invoice_line_key = candidates.invoice_line_key
    left join order_matches
        on
            findings.source_instance = order_matches.source_instance
            and case when findings.entity_type = 'purchase_order_line' then findings.native_id end
            = order_matches.native_id
    left join charges
        on case when findings.entity_type = 'invoice' then findings.invoice_key end = charges.invoice_key
    left join units_in_question
        on
            findings.entity_type = units_in_question.entity_type
            and findings.source_instance = units_in_question.source_instance
            and case when findings.code = 'UOM_UNRESOLVED' then findings.native_id end = units_in_question.native_id
)

select * from final
