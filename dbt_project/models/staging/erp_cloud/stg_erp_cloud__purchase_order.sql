-- One row per purchase order of the cloud ERP, latest version known.
with

latest as ({{ latest_known_version(source('raw_erp_cloud', 'purchase_order')) }}),

final as (
    select
        purchase_order as po_id,
        purchase_order as po_number,
        supplier as supplier_id,
        company_code as legal_entity_code,
        upper(document_currency) as currency_code,
        case purchasing_processing_status
            when '02' then 'APPROVED'
            when '05' then 'CLOSED'
            when '08' then 'CANCELLED'
        end as status,
        coalesce(creation_date_time, cast(purchase_order_date as timestamp)) as created_at,
        {{ origin_columns('erp_cloud', recorded_at='creation_date_time') }}
    from latest
)

select * from final
