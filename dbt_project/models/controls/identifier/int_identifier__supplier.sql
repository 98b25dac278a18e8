-- One row per living supplier record: which of its identifiers cannot be right, is missing or is another supplier's too (domain_rules 3.6.1).
with

suppliers as (select * from {{ ref('can_supplier') }} where not is_deleted and coalesce(status <> 'INACTIVE', true)),
records as (select * from {{ ref('dim_supplier_record') }}),
pairs as (select * from {{ ref('bridge_supplier_x_supplier') }} where decision is null),
payments as (select * from {{ ref('fct_payment') }} where coalesce(status not in ('VOID', 'SCHEDULED'), true)),
run as (select * from {{ ref('stg_landscape__run') }}),
limits as (
    select
        max(case when parameter_code = 'REPORTABLE_AMOUNT' then try_cast(value as decimal(18, 2)) end)
            as reportable_amount,
        coalesce(max(case when parameter_code = 'TIN_NAME_LIMIT' then try_cast(value as integer) end), 5) as name_limit
    from {{ ref('stg_landscape__parameter') }} as parameters
    inner join run on {{ in_interval('run.as_of', 'parameters.valid_from', 'parameters.valid_to') }}
),

paid as (
    select
        payments.supplier_key,
        {{ money('sum(payments.amount)') }} as amount
    from payments
    inner join run on substr(cast(payments.payment_date as string), 1, 4) = substr(cast(run.as_of as string), 1, 4)
    group by payments.supplier_key
),

-- Many records of one name are a large supplier; many names on one number are a placeholder.
named as (
    select
        valid_tax_id,
        count(distinct normalized_name) as name_count
    from records
    where valid_tax_id is not null
    group by valid_tax_id
),

-- What a person has decided about two suppliers is no question any more.
shared as (
    select
        supplier_key,
        valid_tax_id,
        min(other_name) as other_name
    from (
        select left_supplier_key as supplier_key, valid_tax_id, right_name as other_name from pairs
        union all
        select right_supplier_key as supplier_key, valid_tax_id, left_name as other_name from pairs
    ) as sides
    group by supplier_key, valid_tax_id
),

final as (
    select
        suppliers.source_instance,
        suppliers.native_id,
        records.supplier_key,
        suppliers.legal_name,
        records.tax_id_last4,
        suppliers.npi,
        suppliers.duns,
        suppliers.uei,
        shared.other_name,
        paid.amount as paid_amount,
        coalesce(suppliers.tax_country, 'US') = 'US'
        and coalesce(suppliers.tax_id_type like 'US%' or suppliers.tax_id_type in ('EIN', 'SSN', 'ITIN', 'TIN'), true)
        and coalesce(records.tax_id_verdict in ('INVALID_FORMAT', 'INVALID_CHECK_DIGIT'), false) as is_tin_malformed,
        coalesce(records.tax_id_verdict = 'PLACEHOLDER' or named.name_count > limits.name_limit, false)
            as is_tin_placeholder,
        shared.supplier_key is not null and not coalesce(named.name_count > limits.name_limit, false) as is_tin_shared,
        suppliers.tax_id is null
        and coalesce(suppliers.is_1099, false)
        and coalesce(suppliers.tax_country, 'US') = 'US'
        and coalesce(paid.amount >= limits.reportable_amount, false) as is_tin_missing,
        coalesce(suppliers.npi <> '' and not {{ is_npi('suppliers.npi') }}, false) as is_npi_invalid,
        coalesce(suppliers.duns <> '' and not {{ is_duns('suppliers.duns') }}, false) as is_duns_malformed,
        coalesce(suppliers.uei <> '' and not {{ is_uei('suppliers.uei') }}, false) as is_uei_malformed
    from suppliers
    cross join limits
    inner join records
        on suppliers.source_instance = records.source_instance and suppliers.native_id = records.native_id
    left join named on records.valid_tax_id = named.valid_tax_id
    left join shared on records.supplier_key = shared.supplier_key and records.valid_tax_id = shared.valid_tax_id
    left join paid on records.supplier_key = paid.supplier_key
)

select * from final
