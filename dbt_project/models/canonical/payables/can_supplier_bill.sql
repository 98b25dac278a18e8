-- One row per bill as the supplier itself sent it (810); the invoice is what accounts payable holds of it.
with

distributor as (select * from {{ ref('stg_distributor__invoice') }}),

final as (
    {{ canonical_rows('distributor') }}
)

select * from final
