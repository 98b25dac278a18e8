-- One row per PO line or unordered use whose liability the ledger does not show at the period end, and where it is accrued (domain_rules 3.9).
with

comparisons as (select * from {{ ref('rec_usage_vs_invoice') }} where liability_quantity > 0),
cutoffs as (
    select
        period_end,
        reversal_date,
        period_code
    from {{ ref('int_accrual__cutoff') }}
    group by period_end, reversal_date, period_code
),
owners as (select * from {{ ref('int_accrual__owner') }}),

-- Use is known to nobody but the case until it is ordered; consigned goods become ours with it.
classed as (
    select
        comparisons.*,
        case when match_category = 'CONSIGNMENT' then 'CONSIGNMENT' else 'BILL_ONLY' end as doc_class
    from comparisons
),

final as (
    select
        owners.doc_class,
        owners.source_instance as target_instance,
        classed.legal_entity_code,
        classed.source_instance,
        classed.native_id,
        coalesce(classed.po_number || '|' || classed.line_number, classed.native_id) as document_number,
        'Used not billed ' || coalesce(classed.po_number, classed.native_id) as header_text,
        cutoffs.period_end,
        cutoffs.reversal_date,
        cutoffs.period_code,
        classed.po_number,
        classed.line_number as po_line_number,
        classed.currency_code,
        classed.cost_center_code,
        coalesce(classed.account_code, owners.offset_account_code) as debit_account_code,
        owners.account_code as credit_account_code,
        owners.materiality_floor,
        {{ money('classed.unbilled_amount + classed.not_posted_amount') }} as amount
    from classed
    inner join cutoffs on classed.cutoff_date = cutoffs.period_end
    inner join owners
        on
            classed.legal_entity_code = owners.legal_entity_code
            and classed.doc_class = owners.doc_class
            and {{ in_interval('cutoffs.period_end', 'owners.valid_from', 'owners.valid_to') }}
)

select * from final
