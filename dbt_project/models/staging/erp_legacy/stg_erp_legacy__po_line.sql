-- One row per line of a purchase order of the legacy ERP, latest version known.
with

latest as ({{ latest_known_version(source('raw_erp_legacy', 'po_line')) }}),

final as (
    select
        _row_key as po_line_id,
        {{ native_id(['business_unit', 'po_id']) }} as po_id,
        line_nbr as line_number,
        inv_item_id as item_id,
        descr254 as description,
        qty_po as quantity,
        upper(unit_of_measure) as order_uom_code,
        price_po as unit_price,
        merchandise_amt as line_amount,
        location as facility_id,
        deptid as cost_center_code,
        account as account_code,
        coalesce(recv_complete = 'Y', false) as is_delivery_complete,
        case when cancel_status = 'X' then 'CANCELLED' else 'APPROVED' end as status,
        last_dttm_update as updated_at,
        {{ origin_columns('erp_legacy') }}
    from latest
)

select * from final
