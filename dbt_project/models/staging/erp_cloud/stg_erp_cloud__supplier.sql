-- One row per supplier of the cloud ERP, latest version known.
with

latest as ({{ latest_known_version(source('raw_erp_cloud', 'supplier')) }}),

final as (
    select
        supplier as supplier_id,
        supplier as supplier_number,
        coalesce(supplier_full_name, supplier_name) as legal_name,
        nullif(supplier_name, supplier_full_name) as dba_name,
        tax_number1 as tax_id,
        tax_number_type as tax_id_type,
        duns,
        case
            when coalesce(deletion_indicator, false) then 'INACTIVE'
            when coalesce(payment_is_blocked_for_supplier, false) or coalesce(posting_is_blocked, false) then 'BLOCKED'
            else 'ACTIVE'
        end as status,
        upper(payment_terms) as payment_term_code,
        upper(currency) as currency_code,
        cast(creation_date as timestamp) as created_at,
        last_change_date_time as updated_at,
        {{ origin_columns('erp_cloud', extension=extension_with({
            'account_group': 'supplier_account_group',
            'external_reference': 'external_reference',
            'is_purchasing_blocked': 'purchasing_is_blocked',
            'tax_id_last4': 'tax_number1_last4',
            'tax_id_verdict': 'tax_number1_verdict',
            'tax_id_near': json_array('tax_number1_near'),
        })) }}
    from latest
)

select * from final
