-- One row per golden supplier key and the one that came of it: given up for another, or left by a part of it.
with

redirects as (select * from {{ ref('xref_supplier_redirect') }}),

final as (
    select
        supplier_key,
        successor_key,
        redirect_type,
        redirected_at,
        reason
    from redirects
)

select * from final
