-- One row per line, charge and tax of a bill as the supplier itself sent it (810).
with

distributor as (select * from {{ ref('stg_distributor__invoice_line') }}),

final as (
    {{ canonical_rows('distributor') }}
)

select * from final
