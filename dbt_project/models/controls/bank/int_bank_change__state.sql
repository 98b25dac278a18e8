-- One row per change of a supplier's bank account: how far its release is and whether payments are held (domain_rules 3.6.6).
with

periods as (select * from {{ ref('int_bank_account__period') }}),
approvals as (select * from {{ ref('int_bank_change__approval') }}),
run as (select * from {{ ref('stg_landscape__run') }}),
limits as (
    select
        coalesce(max(case when parameter_code = 'BANK_COOL_OFF_HOURS' then try_cast(value as integer) end), 72)
            as cool_off_hours,
        coalesce(max(case when parameter_code = 'BANK_FLIP_DAYS' then try_cast(value as integer) end), 30) as flip_days
    from {{ ref('stg_landscape__parameter') }}
),

judged as (
    select
        periods.*,
        case
            when periods.is_opening then 'RELEASED'
            when approvals.approval_count = 0 then 'REJECTED'
            when approvals.approval_count is null then 'DETECTED'
            when approvals.approval_count = 1 then 'APPROVED_1'
            when run.known_at >= {{ add_hours('periods.first_seen_at', 'limits.cool_off_hours') }} then 'RELEASED'
            else 'APPROVED_2'
        end as state
    from periods
    cross join run
    cross join limits
    left join approvals on periods.bank_period_key = approvals.bank_period_key
),

-- Back to an account that was released needs no new release.
returned as (
    select
        judged.bank_period_key,
        max(cast(between_them.started_at as date)) as left_on
    from judged
    inner join judged as earlier
        on
            judged.source_instance = earlier.source_instance
            and judged.supplier_id = earlier.supplier_id
            and judged.fingerprint = earlier.fingerprint
            and earlier.started_at < judged.started_at
            and earlier.state = 'RELEASED'
    left join judged as between_them
        on
            judged.source_instance = between_them.source_instance
            and judged.supplier_id = between_them.supplier_id
            and judged.fingerprint <> between_them.fingerprint
            and between_them.started_at > earlier.started_at
            and between_them.started_at < judged.started_at
            and not between_them.is_opening
    where not judged.is_opening
    group by judged.bank_period_key
),

final as (
    select
        judged.bank_period_key as bank_change_key,
        judged.subject_key,
        judged.source_instance,
        judged.record_id,
        judged.bank_account_id,
        judged.supplier_id,
        judged.earlier_last4,
        judged.account_last4,
        judged.payee_name,
        judged.started_at as changed_at,
        judged.changed_by,
        judged.first_seen_at,
        judged.ended_on,
        judged.is_in_force,
        case when returned.bank_period_key is not null then 'RELEASED' else judged.state end as state,
        case
            when returned.bank_period_key is not null then 'RETURNED_TO_RELEASED_ACCOUNT'
            when judged.state = 'REJECTED' and judged.is_in_force then 'REJECTED_AND_STILL_IN_SOURCE'
            when judged.state = 'DETECTED' then 'WAITS_FOR_TWO_APPROVALS'
            when judged.state = 'APPROVED_1' then 'WAITS_FOR_SECOND_APPROVAL'
            when judged.state = 'APPROVED_2' then 'WAITS_FOR_COOL_OFF'
        end as state_reason,
        returned.bank_period_key is null and judged.state <> 'RELEASED' and judged.is_in_force as is_payment_held,
        coalesce({{ add_days('returned.left_on', 'limits.flip_days') }} >= cast(judged.started_at as date), false)
            as is_flip
    from judged
    cross join limits
    left join returned on judged.bank_period_key = returned.bank_period_key
    where not judged.is_opening
)

select * from final
