-- One row per vendor of the legacy ERP, latest version known.
with

latest as ({{ latest_known_version(source('raw_erp_legacy', 'vendor')) }}),

final as (
    select
        vendor_id as supplier_id,
        vendor_id as supplier_number,
        name1 as legal_name,
        tin as tax_id,
        duns,
        case vendor_status when 'A' then 'ACTIVE' when 'X' then 'BLOCKED' else 'INACTIVE' end as status,
        upper(pymnt_terms_cd) as payment_term_code,
        upper(currency_cd) as currency_code,
        case wthd_sw when 'Y' then true when 'N' then false end as is_1099,
        entered_dttm as created_at,
        last_update_dttm as updated_at,
        {{ origin_columns(
            'erp_legacy',
            recorded_at='coalesce(last_update_dttm, entered_dttm)',
            extension=extension_with({
                'setid': 'setid',
                'tax_id_last4': 'tin_last4',
                'tax_id_verdict': 'tin_verdict',
                'tax_id_near': json_array('tin_near'),
            }),
        ) }}
    from latest
)

select * from final
