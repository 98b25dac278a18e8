-- One row per purchase order of the legacy ERP, latest version known.
with

latest as ({{ latest_known_version(source('raw_erp_legacy', 'po_hdr')) }}),

final as (
    select
        _row_key as po_id,
        po_id as po_number,
        vendor_id as supplier_id,
        business_unit as legal_entity_code,
        upper(currency_cd) as currency_code,
        case po_status
            when 'A' then 'APPROVED'
            when 'D' then 'SENT'
            when 'C' then 'CLOSED'
            when 'X' then 'CANCELLED'
        end as status,
        coalesce(entered_dttm, cast(po_dt as timestamp)) as created_at,
        {{ origin_columns('erp_legacy', recorded_at='entered_dttm') }}
    from latest
)

select * from final
