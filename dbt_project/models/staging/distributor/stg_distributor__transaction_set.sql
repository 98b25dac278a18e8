-- One row per transaction set that a distributor sent or got, latest version known.
with

latest as ({{ latest_known_version(source('raw_distributor', 'transaction_set')) }}),

final as (
    select
        sender,
        sender_qualifier,
        receiver,
        receiver_qualifier,
        interchange_number,
        group_code,
        group_number,
        group_sender,
        group_receiver,
        set_number,
        set_code,
        coalesce(po_number, changed_po_number) as po_number,
        version,
        usage_code = 'T' as is_test,
        sent_at,
        segment_count,
        {{ origin_columns('distributor', recorded_at='sent_at') }}
    from latest
)

select * from final
