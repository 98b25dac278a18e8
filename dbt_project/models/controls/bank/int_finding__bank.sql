-- One row per bank account or payment and code of the bank change control, in the shape of all findings (domain_rules 3.6.6).
with

changes as (select * from {{ ref('rec_bank_change_vs_approval') }}),
payments as (select * from {{ ref('int_bank_change__payment') }}),
sharers as (select * from {{ ref('int_bank_account__shared') }}),
employees as (select * from {{ ref('int_bank_account__employee') }}),
codes as (select * from {{ ref('exception_code') }}),

latest as (
    select
        changes.*,
        row_number() over (
            partition by changes.source_instance, changes.record_id
            order by changes.changed_at desc nulls last, changes.bank_change_key
        ) as recency
    from changes
),

on_accounts as (
    select
        source_instance,
        record_id,
        'BANK_CHANGE_UNRELEASED' as code,
        coalesce(legal_name, supplier_id) as business_key,
        supplier_key,
        {{ json_object({
            'state': 'state',
            'reason': 'state_reason',
            'changed_at': 'cast(changed_at as string)',
            'changed_by': 'changed_by',
            'account_last4': 'account_last4',
            'earlier_last4': 'earlier_last4',
        }) }} as evidence
    from changes
    where is_payment_held
    union all
    select
        source_instance,
        record_id,
        'BANK_FLIP' as code,
        coalesce(legal_name, supplier_id) as business_key,
        supplier_key,
        {{ json_object({
            'changed_back_at': 'cast(changed_at as string)',
            'changed_by': 'changed_by',
            'account_last4': 'account_last4',
            'earlier_last4': 'earlier_last4',
        }) }} as evidence
    from latest
    where recency = 1 and is_flip
    union all
    select
        source_instance,
        record_id,
        'BANK_SHARED' as code,
        legal_name as business_key,
        supplier_key,
        {{ json_object({'account_last4': 'account_last4', 'other_supplier': 'other_name'}) }} as evidence
    from sharers
    union all
    select
        source_instance,
        record_id,
        'EMPLOYEE_BANK_MATCH' as code,
        coalesce(legal_name, supplier_id) as business_key,
        supplier_key,
        {{ json_object({
            'account_last4': 'account_last4',
            'employee': 'employee_reference',
            'employee_count': 'cast(employee_count as string)',
        }) }} as evidence
    from employees
),

found as (
    select
        'supplier_bank_account' as entity_type,
        source_instance,
        record_id as native_id,
        code,
        business_key,
        cast(null as string) as legal_entity_code,
        supplier_key,
        cast(null as decimal(18, 2)) as amount_at_risk,
        evidence
    from on_accounts
    {%- for code, condition in [('PAID_TO_UNRELEASED_BANK', 'is_unreleased'), ('RISKY_TIMING', 'is_risky')] %}
    union all
    select
        'payment' as entity_type,
        source_instance,
        native_id,
        '{{ code }}' as code,
        coalesce(payment_number, native_id) as business_key,
        legal_entity_code,
        supplier_key,
        amount as amount_at_risk,
        {{ json_object({
            'payment_date': 'cast(payment_date as string)',
            'amount': 'cast(amount as string)',
            'usual_high_amount': 'cast(cast(high_amount as decimal(18, 2)) as string)',
            'account_last4': 'account_last4',
            'earlier_last4': 'earlier_last4',
            'changed_at': 'cast(changed_at as string)',
            'state': 'state',
            'is_account_stated': 'cast(is_account_stated as string)',
        }) }} as evidence
    from payments
    where {{ condition }}
    {%- endfor %}
),

final as (
    {{ finding_rows('found') }}
)

select * from final
