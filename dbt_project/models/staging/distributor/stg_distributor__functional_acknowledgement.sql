-- One row per transaction set that a 997 answers, or group where it names no set, latest version known.
with

latest as ({{ latest_known_version(source('raw_distributor', 'functional_acknowledgement')) }}),

final as (
    select
        sender,
        receiver,
        interchange_number,
        group_number,
        set_number,
        segment_position,
        group_code,
        acknowledged_group,
        set_code,
        acknowledged_set,
        group_status as group_status_code,
        set_status as set_status_code,
        error_code,
        sent_at as acknowledged_at,
        {{ origin_columns('distributor', recorded_at='sent_at') }}
    from latest
)

select * from final
