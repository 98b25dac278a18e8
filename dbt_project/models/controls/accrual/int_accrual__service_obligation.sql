-- One row per order line of a service whose work the ledger does not show at the period end, and where it is accrued (domain_rules 3.9).
with

comparisons as (select * from {{ ref('rec_service_vs_invoice') }}),
cutoffs as (select * from {{ ref('int_accrual__cutoff') }}),
owners as (select * from {{ ref('int_accrual__owner') }} where doc_class = 'SERVICE'),

final as (
    select
        owners.doc_class,
        owners.source_instance as target_instance,
        comparisons.legal_entity_code,
        comparisons.source_instance,
        comparisons.native_id,
        comparisons.po_number || '|' || comparisons.line_number as document_number,
        'Service not billed ' || comparisons.po_number as header_text,
        cutoffs.period_end,
        cutoffs.reversal_date,
        cutoffs.period_code,
        comparisons.po_number,
        comparisons.line_number as po_line_number,
        comparisons.currency_code,
        comparisons.cost_center_code,
        coalesce(comparisons.account_code, owners.offset_account_code) as debit_account_code,
        owners.account_code as credit_account_code,
        owners.materiality_floor,
        {{ money('comparisons.unbilled_amount + comparisons.not_posted_amount') }} as amount
    from comparisons
    inner join cutoffs
        on
            comparisons.purchase_order_line_key = cutoffs.purchase_order_line_key
            and comparisons.cutoff_date = cutoffs.period_end
    inner join owners
        on
            comparisons.legal_entity_code = owners.legal_entity_code
            and {{ in_interval('cutoffs.period_end', 'owners.valid_from', 'owners.valid_to') }}
)

select * from final
