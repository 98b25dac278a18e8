-- One row per purchase order of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'purchase_order')) }}),

final as (
    select
        po_id,
        po_number,
        upper(po_type) as po_type,
        supplier_id,
        site_id,
        legal_entity_code,
        upper(currency_code) as currency_code,
        upper(status) as status,
        created_at,
        approved_at,
        sent_at,
        acknowledged_at,
        closed_at,
        cancelled_at,
        version,
        upper(payment_term_code) as payment_term_code,
        upper(freight_terms) as freight_terms,
        planned_freight_amount,
        contract_id,
        limit_amount,
        valid_from,
        valid_to,
        {{ origin_columns('feed', recorded_at='coalesce(_source_updated_at, created_at)') }}
    from latest
)

select * from final
