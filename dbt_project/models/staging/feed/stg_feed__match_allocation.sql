-- One row per link between an invoice line, a receipt line and a PO line made by the source, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'match_allocation')) }}),

final as (
    select
        invoice_line_id,
        receipt_line_id,
        po_line_id,
        quantity,
        amount,
        {{ origin_columns('feed') }}
    from latest
)

select * from final
