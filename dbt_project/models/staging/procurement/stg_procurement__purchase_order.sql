-- One row per purchase order of the procurement suite, latest version known.
with

latest as ({{ latest_known_version(source('raw_procurement', 'purchase_order')) }}),

final as (
    select
        id as po_id,
        po_number,
        upper(coalesce(custom_fields_po_type, 'STANDARD')) as po_type,
        supplier_id,
        custom_fields_legal_entity as legal_entity_code,
        upper(currency_code) as currency_code,
        case
            when lower(status) = 'issued' and custom_fields_sent_at is null then 'APPROVED'
            when lower(status) = 'issued' then 'SENT'
            else upper(status)
        end as status,
        created_at,
        custom_fields_approved_at as approved_at,
        custom_fields_sent_at as sent_at,
        custom_fields_closed_at as closed_at,
        custom_fields_cancelled_at as cancelled_at,
        version,
        upper(payment_term_code) as payment_term_code,
        upper(shipping_term_code) as freight_terms,
        custom_fields_planned_freight as planned_freight_amount,
        {{ origin_columns('procurement', recorded_at='created_at', extension=extension_with({
            'order_type': 'type',
            'internal_revision': 'internal_revision',
            'supplier_number': 'supplier_number',
        })) }}
    from latest
)

select * from final
