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
        coalesce(set_status, group_status) as status_code,
        -- E is accepted with errors noted (element 717).
        coalesce(set_status, group_status) in ('A', 'E') as is_accepted,
        error_code,
        sent_at as acknowledged_at,
        {{ origin_columns('distributor', recorded_at='sent_at') }}
    from latest
)

select * from final
