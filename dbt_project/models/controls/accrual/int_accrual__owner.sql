-- One row per ledger that holds or takes accruals of an entity, once every system that knows of its goods and bills was read (domain_rules 3.9).
with

owners as (select * from {{ ref('stg_landscape__accrual_owner') }}),
unread as (
    select * from {{ ref('int_unread_master') }}
    where domain in ('invoice', 'purchase_order', 'receipt', 'journal')
),

final as (
    select owners.*
    from owners
    left join unread on coalesce(unread.entity_scope = owners.legal_entity_code, true)
    where unread.domain is null
)

select * from final
