-- One row per entity, region, category and interval: exempt, or the rate that applies (domain rules 3.4.6).
with

source_rows as (select * from {{ source('raw_landscape', 'tax_exemption') }}),

final as (
    select
        legal_entity_code,
        region,
        category,
        is_exempt,
        rate,
        valid_from,
        valid_to
    from source_rows
)

select * from final
