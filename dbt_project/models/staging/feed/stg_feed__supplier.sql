-- One row per supplier record of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'supplier')) }}),

final as (
    select
        supplier_id,
        supplier_number,
        legal_name,
        dba_name,
        tax_id,
        upper(tax_id_type) as tax_id_type,
        upper(tax_country) as tax_country,
        duns,
        uei,
        npi,
        lei,
        upper(status) as status,
        upper(payment_term_code) as payment_term_code,
        upper(payment_method) as payment_method,
        upper(currency_code) as currency_code,
        is_1099,
        box_1099,
        w9_date,
        diversity_codes,
        parent_supplier_id,
        contract_ids,
        created_at,
        updated_at,
        updated_by,
        {{ origin_columns('feed', extension=extension_with({
            'tax_id_last4': 'tax_id_last4',
            'tax_id_verdict': 'tax_id_verdict',
            'tax_id_near': json_array('tax_id_near'),
        })) }}
    from latest
)

select * from final
