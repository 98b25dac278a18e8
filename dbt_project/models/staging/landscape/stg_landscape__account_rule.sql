-- One row per rule and account segment that it fills, with the conditions it asks for (domain rules 3.10).
with

source_rows as (select * from {{ source('raw_landscape', 'account_rule') }}),

final as (
    select
        rule_id,
        upper(segment) as segment,
        value,
        entity,
        facility,
        cost_center,
        category,
        upper(spend_type) as spend_type,
        supplier,
        valid_from,
        valid_to
    from source_rows
)

select * from final
