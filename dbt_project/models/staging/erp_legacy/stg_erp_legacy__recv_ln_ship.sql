-- One row per receipt line of the legacy ERP, signed, latest version known.
with

latest as ({{ latest_known_version(source('raw_erp_legacy', 'recv_ln_ship')) }}),

final as (
    select
        _row_key as receipt_line_id,
        coalesce(ext_receipt_id, receiver_id) as receipt_number,
        coalesce(ext_receipt_ln, recv_ln_nbr) as line_number,
        case recv_type when 'T' then 'RETURN' when 'V' then 'VOID' else 'RECEIPT' end as receipt_type,
        case when po_id is not null then {{ native_id(['business_unit', 'po_id', 'line_nbr']) }} end as po_line_id,
        po_id as po_number,
        line_nbr as po_line_number,
        inv_item_id as item_id,
        case when recv_type in ('T', 'V') then -qty_sh_recvd else qty_sh_recvd end as quantity,
        upper(receive_uom) as uom_code,
        case when recv_type in ('T', 'V') then -qty_base else qty_base end as stock_quantity,
        upper(base_uom) as stock_uom_code,
        receipt_dt as receipt_date,
        acctg_dt as posting_date,
        coalesce(entered_dttm, last_dttm_update) as recorded_at,
        {{ origin_columns(
            'erp_legacy',
            recorded_at='coalesce(entered_dttm, last_dttm_update)',
            extension=extension_with({'receiver_id': 'receiver_id'})
        ) }}
    from latest
)

select * from final
