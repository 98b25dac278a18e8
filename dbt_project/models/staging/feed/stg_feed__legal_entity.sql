-- One row per legal entity and interval of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'legal_entity')) }}),

final as (
    select
        legal_entity_code,
        name,
        tax_id,
        ledger_code,
        upper(currency_code) as currency_code,
        erp_instance,
        valid_from,
        valid_to,
        {{ origin_columns('feed', extension=extension_with({
            'tax_id_last4': 'tax_id_last4',
            'tax_id_verdict': 'tax_id_verdict',
            'tax_id_near': json_array('tax_id_near'),
        })) }}
    from latest
)

select * from final
