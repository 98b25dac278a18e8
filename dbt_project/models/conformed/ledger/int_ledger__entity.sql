-- One row per ledger that journals or balances name: the legal entity whose books it keeps (domain_rules 3.14).
with

named as (
    select ledger_code
    from (
        select ledger_code from {{ ref('can_journal_line') }}
        union all
        select ledger_code from {{ ref('can_account_balance') }}
    ) as ledgers
    group by ledger_code
),

entities as (
    select
        ledger_code,
        min(legal_entity_code) as first_code,
        max(legal_entity_code) as last_code
    from {{ ref('can_legal_entity') }}
    where not is_deleted and ledger_code is not null
    group by ledger_code
),

final as (
    select
        named.ledger_code,
        case
            -- A ledger that no entity claims bears the name of its own.
            when entities.ledger_code is null then named.ledger_code
            when entities.first_code = entities.last_code then entities.first_code
        end as legal_entity_code
    from named
    left join entities on named.ledger_code = entities.ledger_code
)

select * from final
