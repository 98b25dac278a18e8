-- One row per unit conversion that a steward approved: what was decided last about it, and whether the instance has taken it over (domain_rules 3.3.3).
with

decisions as (select * from {{ ref('can_decision') }} where subject_type = 'UNIT_CORRECTION'),
conversions as (select * from {{ ref('can_item_uom_conversion') }} where not is_deleted),

latest as (
    select
        decisions.*,
        row_number() over (
            partition by subject_key
            order by seq desc nulls last
        ) as recency
    from decisions
),

-- The subject is instance|item native id|unit|valid from.
approved as (
    select
        subject_key,
        actor as decided_by,
        decided_at,
        split_part(subject_key, '|', 1) as source_instance,
        {{ json_text('payload', 'item_number') }} as item_number,
        {{ json_text('payload', 'uom_code') }} as uom_code,
        try_cast({{ json_text('payload', 'factor') }} as decimal(18, 8)) as factor,
        try_cast({{ json_text('payload', 'valid_from') }} as date) as valid_from,
        try_cast({{ json_text('payload', 'valid_to') }} as date) as valid_to
    from latest
    where recency = 1 and decision = 'APPROVE'
),

final as (
    select
        approved.subject_key,
        approved.decided_by,
        approved.decided_at,
        approved.source_instance,
        approved.item_number,
        approved.uom_code,
        approved.factor,
        approved.valid_from,
        approved.valid_to,
        max(case when conversions.native_id is not null then 1 else 0 end) = 1 as is_applied
    from approved
    left join conversions
        on
            approved.source_instance = conversions.source_instance
            and split_part(approved.subject_key, '|', 2) = conversions.item_id
            and approved.uom_code = conversions.from_uom_code
            and approved.factor = conversions.factor
            and approved.valid_from is not distinct from conversions.valid_from
    group by
        approved.subject_key,
        approved.decided_by,
        approved.decided_at,
        approved.source_instance,
        approved.item_number,
        approved.uom_code,
        approved.factor,
        approved.valid_from,
        approved.valid_to
)

select * from final
