-- One row per part of a balance, bank account or message that a check of a close names (domain_rules 3.15).
with

orders as (select * from {{ ref('fct_purchase_order_line') }}),
documents as (select * from {{ ref('int_close__document') }} where entity_type = 'invoice'),
bridge as (select * from {{ ref('rec_grni_vs_ledger') }} where bridge_class = 'UNEXPLAINED' and amount <> 0),
bank_changes as (select * from {{ ref('rec_bank_change_vs_approval') }} where is_payment_held),
transmissions as (select * from {{ ref('rec_transaction_set_vs_functional_acknowledgement') }} where is_open),
deliveries as (select * from {{ ref('can_delivery') }}),
run as (select * from {{ ref('stg_landscape__run') }}),

ordered as (
    select
        {{ normalized_number('po_number') }} as po_number,
        min(legal_entity_code) as legal_entity_code,
        min(currency_code) as currency_code
    from orders
    group by {{ normalized_number('po_number') }}
),

-- What was sent again stands in its last state.
latest as (
    select
        *,
        coalesce({{ json_text('payload', 'amount') }}, {{ json_text('payload', 'payable_amount') }}) as told_amount,
        row_number() over (partition by target, entity, posting_key order by occurrence desc nulls last) as recency
    from deliveries
),

items as (
    select
        'GRNI_UNEXPLAINED' as check_code,
        coalesce(legal_entity_code, 'UNKNOWN') as legal_entity_code,
        source_instance || '|' || native_id || '|' || account_code as item_key,
        as_of as item_date,
        currency_code,
        abs(amount) as amount
    from bridge
    union all
    -- What waits for the release: the supplier's unpaid bills.
    select
        'BANK_CHANGE_PENDING' as check_code,
        documents.legal_entity_code,
        bank_changes.bank_change_key as item_key,
        min(cast(bank_changes.changed_at as date)) as item_date,
        documents.currency_code,
        sum(case when documents.is_paid then 0 else documents.amount end) as amount
    from bank_changes
    inner join documents on bank_changes.supplier_key = documents.supplier_key
    group by documents.legal_entity_code, bank_changes.bank_change_key, documents.currency_code
    union all
    select
        'INTERFACE_REJECT' as check_code,
        coalesce(ordered.legal_entity_code, 'UNKNOWN') as legal_entity_code,
        transmissions.source_instance || '|' || transmissions.native_id as item_key,
        cast(coalesce(transmissions.sent_at, transmissions.acknowledged_at) as date) as item_date,
        ordered.currency_code,
        transmissions.order_amount as amount
    from transmissions
    left join ordered on {{ normalized_number('transmissions.po_number') }} = ordered.po_number
    union all
    -- Only what names an entity holds its close: a journal from the day it posts on, the rest since it could be sent.
    select
        case when state in ('REJECTED', 'CONFLICT') then 'INTERFACE_REJECT' else 'OUTBOX_NOT_CONFIRMED' end
            as check_code,
        {{ json_text('payload', 'legal_entity_code') }} as legal_entity_code,
        latest.delivery_key as item_key,
        coalesce(
            try_cast({{ json_text('payload', 'posting_date') }} as date),
            least({{ local_date('latest.first_ready_at', 'run.timezone') }}, run.as_of)
        ) as item_date,
        {{ json_text('payload', 'currency_code') }} as currency_code,
        try_cast(latest.told_amount as decimal(18, 2)) as amount
    from latest
    cross join run
    where
        latest.recency = 1
        and latest.state not in ('CONFIRMED', 'DEAD')
        and {{ json_text('payload', 'legal_entity_code') }} is not null
),

final as (
    select
        *,
        true as is_standing
    from items
    where item_date is not null
)

select * from final
