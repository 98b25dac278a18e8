-- One row per bank account in force of a supplier that an employee is paid to as well (domain_rules 3.6.6).
with

periods as (select * from {{ ref('int_bank_account__period') }} where is_in_force and account_token is not null),
supplier_records as (select * from {{ ref('dim_supplier_record') }}),
accounts as (select * from {{ ref('can_employee_bank_account') }} where not is_deleted),
run as (select * from {{ ref('stg_landscape__run') }}),

employees as (
    select
        accounts.source_instance,
        accounts.employee_id,
        {{ account_token('accounts') }} as account_token
    from accounts
    inner join run on {{ in_interval('run.as_of', 'accounts.valid_from', 'accounts.valid_to') }}
),

final as (
    select
        periods.source_instance,
        periods.record_id,
        periods.supplier_id,
        periods.account_last4,
        supplier_records.supplier_key,
        supplier_records.legal_name,
        min(employees.source_instance || '|' || employees.employee_id) as employee_reference,
        count(distinct employees.source_instance || '|' || employees.employee_id) as employee_count
    from periods
    inner join employees on periods.account_token = employees.account_token
    left join supplier_records
        on
            periods.source_instance = supplier_records.source_instance
            and periods.supplier_id = supplier_records.native_id
    group by
        periods.source_instance,
        periods.record_id,
        periods.supplier_id,
        periods.account_last4,
        supplier_records.supplier_key,
        supplier_records.legal_name
)

select * from final
