-- One row per PO line: what its four states mean together, by the most specific combination that fits (domain_rules 3.12).
with

vectors as (select * from {{ ref('int_lifecycle__vector') }}),
combinations as (select * from {{ ref('state_combination') }}),

-- Each combination is looked up once, however many lines stand in it.
states as (
    select
        procurement_phase,
        inventory_state,
        payables_state,
        ledger_state
    from vectors
    group by procurement_phase, inventory_state, payables_state, ledger_state
),

ranked as (
    select
        states.*,
        combinations.verdict,
        combinations.owner_role,
        combinations.words,
        row_number() over (
            partition by
                states.procurement_phase, states.inventory_state, states.payables_state, states.ledger_state
            order by
                case when combinations.procurement_phase = '*' then 1 else 0 end,
                case when combinations.inventory_state = '*' then 1 else 0 end,
                case when combinations.payables_state = '*' then 1 else 0 end,
                case when combinations.ledger_state = '*' then 1 else 0 end
        ) as place
    from states
    inner join combinations
        on
            combinations.procurement_phase in ('*', states.procurement_phase)
            and combinations.inventory_state in ('*', states.inventory_state)
            and combinations.payables_state in ('*', states.payables_state)
            and combinations.ledger_state in ('*', states.ledger_state)
),

final as (
    select
        vectors.*,
        ranked.verdict as state_verdict,
        ranked.owner_role as state_owner_role,
        ranked.words as state_words
    from vectors
    inner join ranked
        on
            vectors.procurement_phase = ranked.procurement_phase
            and vectors.inventory_state = ranked.inventory_state
            and vectors.payables_state = ranked.payables_state
            and vectors.ledger_state = ranked.ledger_state
            and ranked.place = 1
)

select * from final
