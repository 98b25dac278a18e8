-- One row per supplier of the procurement suite, latest version known.
with

latest as ({{ latest_known_version(source('raw_procurement', 'supplier')) }}),

final as (
    select
        id as supplier_id,
        number as supplier_number,
        name as legal_name,
        nullif(display_name, name) as dba_name,
        tax_id,
        duns,
        custom_fields_npi as npi,
        custom_fields_lei as lei,
        case
            when on_hold then 'BLOCKED'
            when lower(status) = 'active' then 'ACTIVE'
            else 'INACTIVE'
        end as status,
        upper(payment_term_code) as payment_term_code,
        upper(payment_method) as payment_method,
        upper(custom_fields_currency) as currency_code,
        custom_fields_is_1099 as is_1099,
        custom_fields_box_1099 as box_1099,
        custom_fields_w9_date as w9_date,
        created_at,
        updated_at,
        updated_by_login as updated_by,
        {{ origin_columns('procurement', extension=extension_with({
            'cross_reference_number': 'number',
            'is_on_hold': 'on_hold',
            'tax_id_last4': 'tax_id_last4',
            'tax_id_verdict': 'tax_id_verdict',
            'tax_id_near': json_array('tax_id_near'),
        })) }}
    from latest
)

select * from final
