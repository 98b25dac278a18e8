-- One row per payment document of the cloud ERP, as the payables items it clears tell.
with

latest as ({{ latest_known_version(source('raw_erp_cloud', 'ap_item')) }}),

payments as (
    select
        _source_instance as source_instance,
        company_code,
        coalesce(clearing_doc_fiscal_year, fiscal_year) as fiscal_year,
        clearing_accounting_document,
        min(supplier) as supplier_id,
        max(clearing_date) as payment_date,
        upper(min(transaction_currency)) as currency_code,
        upper(min(payment_method)) as method,
        sum(
            case
                when _is_deleted then 0
                else amount_in_transaction_currency - coalesce(cash_discount_amount, 0)
            end
        ) as amount,
        min(case when _is_deleted then 1 else 0 end) = 1 as is_deleted,
        max(last_change_date_time) as recorded_at,
        max(_known_at) as ingested_at
    from latest
    where clearing_accounting_document is not null
    group by
        _source_instance,
        company_code,
        coalesce(clearing_doc_fiscal_year, fiscal_year),
        clearing_accounting_document
),

final as (
    select
        {{ native_id(['company_code', 'fiscal_year', 'clearing_accounting_document']) }} as payment_id,
        clearing_accounting_document as payment_number,
        supplier_id,
        company_code as legal_entity_code,
        method,
        payment_date,
        currency_code,
        amount,
        'CLEARED' as status,
        'erp_cloud' as source_system,
        source_instance,
        {{ native_id(['company_code', 'fiscal_year', 'clearing_accounting_document']) }} as native_id,
        recorded_at as source_recorded_at,
        cast(null as bigint) as source_version,
        is_deleted,
        ingested_at,
        {{ sha256_hex(joined_parts(['supplier_id', 'payment_date', 'currency_code', 'method', 'amount'])) }}
            as record_hash,
        '{}' as extension
    from payments
)

select * from final
