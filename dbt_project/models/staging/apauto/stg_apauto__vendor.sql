-- One row per vendor of the AP automation, latest version known.
with

latest as ({{ latest_known_version(source('raw_apauto', 'vendor')) }}),

final as (
    select
        vendor_id as supplier_id,
        vendor_number as supplier_number,
        name as legal_name,
        tax_id,
        case when active then 'ACTIVE' else 'INACTIVE' end as status,
        upper(terms) as payment_term_code,
        upper(currency) as currency_code,
        created_at,
        updated_at,
        {{ origin_columns('apauto', extension=extension_with({
            'cross_reference_number': 'erp_vendor_number',
            'tax_id_last4': 'tax_id_last4',
            'tax_id_verdict': 'tax_id_verdict',
            'tax_id_near': json_array('tax_id_near'),
        })) }}
    from latest
)

select * from final
