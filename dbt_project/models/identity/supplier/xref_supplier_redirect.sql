-- One row per golden supplier key and the one that came of it: given up for another, or left by a part of it.
with

redirects as (
    select subject_key, object_key, happened_at, code, reason
    from {{ ref('can_identity_event') }}
    where event = 'REDIRECT'
    union all
    select subject_key, object_key, happened_at, code, reason
    from {{ ref('int_supplier__identity_event') }}
    where event = 'REDIRECT'
),

final as (
    select
        subject_key as supplier_key,
        object_key as successor_key,
        code as redirect_type,
        happened_at as redirected_at,
        reason
    from redirects
)

select * from final
