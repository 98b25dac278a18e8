-- One row per invoice and finding about the invoice as a whole: copies, charges, tax and totals (domain_rules 3.4.5 steps 1, 8-9).
with

charges as (select * from {{ ref('int_invoice__charge') }}),
tolerances as (select * from {{ ref('int_invoice__tolerance') }}),
duplicates as (select * from {{ ref('int_invoice__duplicate') }}),

judged as (
    select
        charges.invoice_key,
        charges.charge_amount,
        charges.tax_amount,
        charges.residual_amount,
        charges.merchandise_amount,
        charges.is_mixed_currency,
        charges.is_exempt,
        charges.invoice_type <> 'CREDIT' and charges.charge_amount > 0
        and {{ is_beyond('(charges.charges_to_date - charges.planned_freight_amount)',
            '(charges.charges_to_date - charges.planned_freight_amount)', 'charges.merchandise_amount', 'charge_rules') }}
            as is_charge_beyond,
        charges.planned_freight_amount > 0 as is_charge_planned,
        charges.invoice_type <> 'CREDIT' and charges.tax_amount > 0 and coalesce(charges.is_exempt, false)
            as is_tax_unexpected,
        not coalesce(charges.is_exempt, true) and charges.tax_rate is not null and charges.tax_amount <> 0
        and abs(charges.tax_amount - {{ money(product('charges.merchandise_amount', 'charges.tax_rate')) }})
        > 0.01 * charges.line_count
            as is_tax_mismatch,
        charges.residual_amount <> 0
        and {{ is_beyond('abs(charges.residual_amount)',
            'abs(charges.residual_amount)', 'charges.merchandise_amount', 'small_rules') }}
            as is_total_mismatch,
        charge_rules.action as charge_action
    from charges
    left join tolerances as charge_rules
        on charges.invoice_key = charge_rules.invoice_key and charge_rules.check_code = 'CHARGE'
    left join tolerances as small_rules
        on charges.invoice_key = small_rules.invoice_key and small_rules.check_code = 'SMALL_DIFFERENCE'
),

final as (
    {{ findings('judged', 'invoice_key', [
        ('CHARGE_UNPLANNED', 'is_charge_beyond and not is_charge_planned', 'charge_amount', 'null', 'charge_action'),
        ('CHARGE_OVER', 'is_charge_beyond and is_charge_planned', 'charge_amount', 'null', 'charge_action'),
        ('TAX_UNEXPECTED', 'is_tax_unexpected', 'tax_amount', 'null'),
        ('TAX_MISMATCH', 'is_tax_mismatch', 'tax_amount', 'null'),
        ('CONTROL_TOTAL_MISMATCH', 'is_total_mismatch', 'abs(residual_amount)', 'null'),
        ('MIXED_CURRENCY', 'is_mixed_currency', 'abs(merchandise_amount)', 'null'),
        ('SMALL_DIFFERENCE', 'residual_amount <> 0 and not is_total_mismatch', 'abs(residual_amount)', 'null'),
    ]) }}
    union all
    {{ findings('duplicates', 'invoice_key', [
        ('DUPLICATE_INVOICE', "code = 'DUPLICATE_INVOICE'", 'gross_amount', 'null'),
        ('INVOICE_NUMBER_RESTARTED', "code = 'INVOICE_NUMBER_RESTARTED'", 'null', 'null'),
    ]) }}
)

select * from final
