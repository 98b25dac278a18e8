-- One row per journal line of the legacy ERP, latest version known.
with

latest as ({{ latest_known_version(source('raw_erp_legacy', 'jrnl_ln')) }}),

final as (
    select
        coalesce(ledger, business_unit) as ledger_code,
        business_unit as legal_entity_code,
        {{ native_id(['business_unit', 'journal_id', 'journal_date']) }} as journal_id,
        journal_line as line_number,
        jrnl_ln_source as source_code,
        ref_type as category_code,
        cast(fiscal_year as string) || '-' || lpad(cast(accounting_period as string), 2, '0') as period_code,
        journal_date as posting_date,
        account as account_code,
        deptid as cost_center_code,
        case when monetary_amount > 0 then monetary_amount else 0 end as debit_amount,
        case when monetary_amount < 0 then -monetary_amount else 0 end as credit_amount,
        upper(currency_cd) as currency_code,
        case
            when ref_type = 'RECV' then 'RECEIPT'
            when ref_type = 'VCHR' then 'INVOICE'
            when ref_type = 'PYMT' then 'PAYMENT'
            else 'MANUAL'
        end as subledger_type,
        ref_id as subledger_id,
        line_descr as reference,
        po_ref as correlation_id,
        last_dttm_update as created_at,
        {{ origin_columns('erp_legacy') }}
    from latest
)

select * from final
