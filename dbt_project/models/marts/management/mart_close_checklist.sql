-- One row per legal entity, period, check and currency: how much stands against the close (domain_rules 3.15).
with

checks as (select * from {{ ref('rec_period_vs_close_check') }}),

final as (
    select
        as_of as as_of_date,
        legal_entity_code,
        period_code,
        basis,
        starts_on,
        ends_on,
        close_state,
        check_code,
        words,
        owner_role,
        is_blocking,
        cast(weight as decimal(18, 6)) as weight,
        is_passed,
        item_count,
        amount,
        currency_code
    from checks
)

select * from final
