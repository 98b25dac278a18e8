-- One row per company code of the cloud ERP, latest version known.
with

latest as ({{ latest_known_version(source('raw_erp_cloud', 'company_code')) }}),

final as (
    select
        company_code as legal_entity_code,
        company_code_name as name,
        ledger as ledger_code,
        upper(currency) as currency_code,
        _source_instance as erp_instance,
        {{ origin_columns('erp_cloud', extension=extension_with({'country': 'country'})) }}
    from latest
)

select * from final
