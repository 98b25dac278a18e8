-- One row per fiscal period of a system: its first closing since it was last opened again (domain_rules 3.15).
with

versions as (select * from {{ ref('can_fiscal_period_version') }} where not is_deleted),

-- The areas that a system tells; the last one closes the period.
{% set areas = ['ap_status', 'po_status', 'inventory_status', 'gl_status'] %}
judged as (
    select
        *,
        coalesce({{ areas | join(', ') }}) is not null
        {%- for area in areas %}
        and coalesce({{ area }} in ('CLOSED', 'LOCKED'), true)
        {%- endfor %}
            as is_closed,
        lead(changed_at) over (partition by source_instance, record_id order by recency) as earlier_changed_at,
        max(closed_at) over (
            partition by source_instance, record_id
            order by recency desc nulls last
            rows between unbounded preceding and 1 preceding
        ) as earlier_closed_at
    from versions
),

opened as (
    select
        source_instance,
        record_id,
        min(recency) as opened_recency
    from judged
    where not is_closed
    group by source_instance, record_id
),

-- A closing time that an earlier version told is of an earlier closing. A version that tells no other was closed when
-- it changed, unless it is the first one known.
closings as (
    select
        judged.*,
        case
            when coalesce(judged.closed_at > judged.earlier_closed_at, judged.closed_at is not null)
                then judged.closed_at
            when judged.earlier_changed_at is not null then judged.changed_at
        end as first_closed_at,
        row_number() over (
            partition by judged.source_instance, judged.record_id
            order by judged.recency desc nulls last
        ) as place
    from judged
    left join opened on judged.source_instance = opened.source_instance and judged.record_id = opened.record_id
    where judged.is_closed and coalesce(judged.recency < opened.opened_recency, true)
),

stepped as (
    select
        source_instance,
        record_id,
        is_closed,
        lead(is_closed) over (partition by source_instance, record_id order by recency) as was_closed
    from judged
),

reopened as (
    select
        source_instance,
        record_id,
        sum(case when was_closed and not is_closed then 1 else 0 end) as reopen_count
    from stepped
    group by source_instance, record_id
),

final as (
    select
        reopened.source_instance,
        reopened.record_id,
        closings.first_closed_at as closed_at,
        closings.record_id is not null as is_closed,
        cast(reopened.reopen_count as integer) as reopen_count
    from reopened
    left join closings
        on
            reopened.source_instance = closings.source_instance
            and reopened.record_id = closings.record_id
            and closings.place = 1
)

select * from final
