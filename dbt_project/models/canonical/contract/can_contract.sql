-- One row per contract of one system.
with

sourcing as (select * from {{ ref('stg_sourcing__contract') }}),
distributor as (select * from {{ ref('stg_distributor__catalogue') }}),
feed as (select * from {{ ref('stg_feed__contract') }}),

final as (
    {{ canonical_rows('sourcing') }}
    union all
    {{ canonical_rows('distributor', missing=[
        'gpo_code', 'price_basis_date', 'distributor_markup', 'payment_term_code',
    ]) }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final
