-- One row per message that its target has not confirmed: why it waits, since when, who acts (domain_rules 3.13).
with

messages as (select * from {{ ref('can_delivery') }}),
run as (select * from {{ ref('stg_landscape__run') }}),

final as (
    select
        messages.delivery_key,
        messages.target,
        messages.entity,
        messages.business_key,
        messages.posting_key,
        messages.occurrence,
        messages.state,
        messages.reference,
        messages.first_ready_at,
        messages.updated_at,
        {{ divide(seconds_between('messages.first_ready_at', 'run.known_at'), '3600', 1) }} as waiting_hours,
        -- What is on its way is the wire's business, what was refused that of the content's owner.
        case
            when messages.state in ('READY', 'GATED', 'SENT', 'UNKNOWN', 'ACKED') then 'integration_team'
            when messages.entity in ('supplier', 'supplier_payment_block') then 'vendor_master_governance'
            when messages.entity = 'item_uom' then 'item_master_steward'
            when messages.entity = 'contract_price' then 'contract_management'
            when messages.entity = 'accrual_journal' then 'finance_support'
            else 'accounts_payable'
        end as owner_role,
        case messages.state
            when 'REJECTED' then 'The target refused it: mend what it names; it goes again once its content changes.'
            when 'CONFLICT' then 'The target holds something else under its key: decide which is right.'
            when 'UNKNOWN' then 'It may be at the target: the next run asks before anything is sent.'
            when 'SENT' then 'It may be at the target: the next run asks before anything is sent.'
            when 'ACKED' then 'The target took it and has not confirmed it yet.'
            when 'WITHHELD' then 'Our own gate kept it back, or it waits for what must go first.'
            else 'It goes with the next run.'
        end as remark
    from messages
    cross join run
    where messages.state not in ('CONFIRMED', 'DEAD')
)

select * from final
