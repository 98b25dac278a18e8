-- One row per golden supplier key and the one that came of it: given up for another, or left by a part of it.
with

redirects as (select * from {{ ref('xref_supplier_redirect') }}),

-- Each round follows as far again as the one before, so that four reach across sixteen keys given up in a row.
followed_0 as (
    select
        supplier_key,
        successor_key as current_key
    from redirects
    where redirect_type = 'MERGED'
),
{% for round in range(1, 5) %}
followed_{{ round }} as (
    select
        keys.supplier_key,
        coalesce(further.current_key, keys.current_key) as current_key
    from followed_{{ round - 1 }} as keys
    left join followed_{{ round - 1 }} as further on keys.current_key = further.supplier_key
),
{% endfor %}
final as (
    select
        redirects.supplier_key,
        redirects.successor_key,
        coalesce(followed_4.current_key, redirects.successor_key) as current_key,
        redirects.redirect_type,
        redirects.redirected_at,
        redirects.reason
    from redirects
    left join followed_4 on redirects.successor_key = followed_4.supplier_key
)

select * from final
