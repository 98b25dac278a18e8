-- One row per supplier record and code of what its 1099 lacks, in the shape of all findings (domain_rules 3.6.5).
with

suppliers as (select * from {{ ref('int_tax_form__supplier') }}),
flags as (select * from {{ ref('int_tax_form__flag') }}),
paid as (select * from {{ ref('int_tax_form__paid') }}),
records as (select * from {{ ref('dim_supplier_record') }}),
run as (select * from {{ ref('stg_landscape__run') }}),
codes as (select * from {{ ref('exception_code') }}),
limits as (
    select
        max(case when parameter_code = 'REPORTABLE_AMOUNT' then try_cast(value as decimal(18, 2)) end)
            as reportable_amount,
        coalesce(max(case when parameter_code = 'BACKUP_WITHHOLDING' then try_cast(value as decimal(9, 6)) end), 0.24)
            as backup_withholding
    from {{ ref('stg_landscape__parameter') }} as parameters
    inner join run on {{ in_interval('run.as_of', 'parameters.valid_from', 'parameters.valid_to') }}
),

lacking as (
    select
        suppliers.*,
        coalesce(paid.paid_amount, 0) as paid_amount,
        coalesce(paid.reportable_amount, 0) as reportable_amount,
        limits.reportable_amount as threshold,
        limits.backup_withholding,
        {{ money(product('coalesce(paid.reportable_amount, 0)', 'limits.backup_withholding')) }} as withholding_amount
    from suppliers
    cross join limits
    left join paid on suppliers.supplier_key = paid.supplier_key
    where suppliers.is_reportable and not suppliers.has_w9
),

found as (
    select
        'supplier' as entity_type,
        lacking.source_instance,
        lacking.native_id,
        'W9_MISSING' as code,
        coalesce(records.supplier_number, lacking.native_id) || '|' || coalesce(records.legal_name, '') as business_key,
        cast(null as string) as legal_entity_code,
        lacking.supplier_key,
        lacking.withholding_amount as amount_at_risk,
        {{ json_object({
            'name': 'records.legal_name',
            'box': 'lacking.box',
            'is_corporation': 'cast(lacking.is_corporation as string)',
            'paid_this_year': 'cast(lacking.paid_amount as string)',
            'services_paid_this_year': 'cast(lacking.reportable_amount as string)',
            'threshold': 'cast(lacking.threshold as string)',
            'backup_withholding': 'cast(lacking.backup_withholding as string)',
            'withholding_amount': 'cast(lacking.withholding_amount as string)',
        }) }} as evidence
    from lacking
    left join records
        on lacking.source_instance = records.source_instance and lacking.native_id = records.native_id
    union all
    select
        'supplier' as entity_type,
        flags.source_instance,
        flags.native_id,
        'FLAG_1099_DIFFERS' as code,
        coalesce(records.supplier_number, flags.native_id) || '|' || coalesce(records.legal_name, '') as business_key,
        cast(null as string) as legal_entity_code,
        flags.supplier_key,
        paid.reportable_amount as amount_at_risk,
        {{ json_object({
            'name': 'records.legal_name',
            'flag': 'cast(flags.is_1099 as string)',
            'box': 'flags.box_1099',
            'other_record': "flags.chief_instance || '|' || flags.chief_native_id",
            'other_flag': 'cast(flags.chief_flag as string)',
            'other_box': 'flags.chief_box',
            'services_paid_this_year': 'cast(paid.reportable_amount as string)',
        }) }} as evidence
    from flags
    left join paid on flags.supplier_key = paid.supplier_key
    left join records
        on flags.source_instance = records.source_instance and flags.native_id = records.native_id
),

final as (
    {{ finding_rows('found') }}
)

select * from final
