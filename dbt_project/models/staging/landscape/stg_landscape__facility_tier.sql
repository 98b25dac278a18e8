-- One row per facility, purchasing group, contract and interval: the price tier that holds there from its acceptance.
with

source_rows as (select * from {{ source('raw_landscape', 'facility_tier') }}),

final as (
    select
        facility_code,
        gpo_code,
        contract_number,
        tier_code,
        accepted_on,
        valid_from,
        valid_to
    from source_rows
)

select * from final
