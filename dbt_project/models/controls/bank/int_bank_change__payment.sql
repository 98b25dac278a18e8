-- One row per payment to a changed bank account of a supplier: was the change released, and is the payment unusually large soon after it (domain_rules 3.6.6)?
with

payments as (
    select * from {{ ref('fct_payment') }}
    where
        coalesce(status not in ('VOID', 'SCHEDULED'), true)
        -- C is the check of S/4HANA.
        and coalesce(method not in ('CHECK', 'C', 'CARD'), true)
),
periods as (select * from {{ ref('int_bank_account__period') }}),
changes as (select * from {{ ref('rec_bank_change_vs_approval') }}),
limits as (
    select coalesce(max(try_cast(value as integer)), 10) as risk_days
    from {{ ref('stg_landscape__parameter') }}
    where parameter_code = 'BANK_RISK_DAYS'
),

concerned as (
    select
        source_instance,
        supplier_id
    from changes
    group by source_instance, supplier_id
),

usual as (
    select
        payments.source_instance,
        payments.supplier_id,
        {{ percentile('payments.amount', 0.95) }} as high_amount
    from payments
    inner join concerned
        on payments.source_instance = concerned.source_instance and payments.supplier_id = concerned.supplier_id
    group by payments.source_instance, payments.supplier_id
),

-- A payment that does not name its account went to the one that was valid last.
paid_to as (
    select
        payments.payment_key,
        payments.payment_date,
        payments.amount,
        periods.bank_period_key,
        payments.bank_account_id is not null as is_account_stated,
        row_number() over (
            partition by payments.payment_key
            order by periods.started_at desc nulls last, periods.first_seen_at desc nulls last, periods.bank_period_key
        ) as preference
    from payments
    inner join concerned
        on payments.source_instance = concerned.source_instance and payments.supplier_id = concerned.supplier_id
    inner join periods
        on
            payments.source_instance = periods.source_instance
            and payments.supplier_id = periods.supplier_id
            and coalesce(payments.bank_account_id = periods.bank_account_id, true)
            and cast(periods.started_at as date) <= payments.payment_date
            and coalesce(periods.ended_on > payments.payment_date, true)
),

final as (
    select
        payments.payment_key,
        payments.source_instance,
        payments.native_id,
        payments.payment_number,
        payments.legal_entity_code,
        payments.supplier_key,
        payments.payment_date,
        payments.amount,
        usual.high_amount,
        paid_to.is_account_stated,
        changes.bank_change_key,
        changes.changed_at,
        changes.account_last4,
        changes.earlier_last4,
        changes.state,
        changes.state <> 'RELEASED' as is_unreleased,
        payments.amount > usual.high_amount
        and payments.payment_date <= {{ add_days('cast(changes.changed_at as date)', 'limits.risk_days') }} as is_risky
    from paid_to
    cross join limits
    inner join payments on paid_to.payment_key = payments.payment_key
    inner join usual
        on payments.source_instance = usual.source_instance and payments.supplier_id = usual.supplier_id
    inner join changes on paid_to.bank_period_key = changes.bank_change_key
    where paid_to.preference = 1
)

select * from final
