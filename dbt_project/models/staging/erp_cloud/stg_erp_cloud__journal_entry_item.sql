-- One row per line of a journal entry of the cloud ERP, latest version known.
with

latest as ({{ latest_known_version(source('raw_erp_cloud', 'journal_entry_item')) }}),

final as (
    select
        coalesce(ledger, company_code) as ledger_code,
        company_code as legal_entity_code,
        {{ native_id(['company_code', 'fiscal_year', 'accounting_document']) }} as journal_id,
        ledger_gl_line_item as line_number,
        accounting_document_type as source_code,
        reference_document_type as category_code,
        fiscal_year || '-' || lpad(ltrim(fiscal_period, '0'), 2, '0') as period_code,
        posting_date,
        gl_account as account_code,
        cost_center as cost_center_code,
        plant as facility_id,
        case when debit_credit_code = 'S' then amount_in_transaction_currency else 0 end as debit_amount,
        case when debit_credit_code = 'H' then amount_in_transaction_currency else 0 end as credit_amount,
        upper(transaction_currency) as currency_code,
        case
            when reference_document_type = 'MKPF' then 'RECEIPT'
            when reference_document_type = 'RMRP' then 'INVOICE'
            when accounting_document_type = 'KZ' then 'PAYMENT'
            when accounting_document_type = 'SA' and reference_document is not null then 'ACCRUAL'
            else 'MANUAL'
        end as subledger_type,
        case
            when reference_document_type in ('MKPF', 'RMRP') then reference_document
            when accounting_document_type = 'KZ'
                then {{ native_id(['company_code', 'fiscal_year', 'accounting_document']) }}
        end as subledger_id,
        reference_document as reference,
        assignment_reference as correlation_id,
        case
            when reversal_reference_document is not null
                then {{ native_id(['company_code', 'fiscal_year', 'reversal_reference_document']) }}
        end as reversal_of_journal_id,
        accounting_doc_created_by_user as created_by,
        last_change_date_time as created_at,
        {{ origin_columns('erp_cloud', extension=extension_with({'is_reversal': 'is_reversal'})) }}
    from latest
)

select * from final
