-- One row per open or cleared payables item of the cloud ERP: what was owed and the payment that cleared it.
with

latest as ({{ latest_known_version(source('raw_erp_cloud', 'ap_item')) }}),

final as (
    select
        invoice_reference as invoice_id,
        case
            when clearing_accounting_document is not null
                then
                    {{ native_id(['company_code', 'coalesce(clearing_doc_fiscal_year, fiscal_year)',
                        'clearing_accounting_document']) }}
        end as payment_id,
        company_code as legal_entity_code,
        supplier as supplier_id,
        upper(transaction_currency) as currency_code,
        amount_in_transaction_currency - coalesce(cash_discount_amount, 0) as amount,
        coalesce(cash_discount_amount, 0) as discount_amount,
        net_due_date as due_date,
        clearing_date as payment_date,
        upper(payment_method) as method,
        {{ origin_columns('erp_cloud') }}
    from latest
)

select * from final
