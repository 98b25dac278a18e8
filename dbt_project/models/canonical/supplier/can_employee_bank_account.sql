-- One row per bank account that an employee is paid to: what a supplier's account is compared with, and nothing else.
with

feed as (select * from {{ ref('stg_feed__employee_bank_account') }}),

final as (
    {{ canonical_rows('feed') }}
)

select * from final
