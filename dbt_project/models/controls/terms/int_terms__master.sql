-- One row per supplier record or contract that states payment terms, with those of the supplier's record of record (domain_rules 3.6.4).
with

golden as (select * from {{ ref('dim_supplier_value') }} where attribute = 'payment_term_code'),
records as (select * from {{ ref('dim_supplier_record') }} where coalesce(status <> 'INACTIVE', true)),
suppliers as (select * from {{ ref('can_supplier') }}),
contracts as (select * from {{ ref('dim_contract') }}),
invoices as (select * from {{ ref('fct_invoice') }} where not is_void),
run as (select * from {{ ref('stg_landscape__run') }}),

billed as (
    select
        invoices.supplier_key,
        invoices.currency_code,
        {{ money('sum(invoices.gross_amount)') }} as amount,
        row_number() over (
            partition by invoices.supplier_key
            order by sum(invoices.gross_amount) desc nulls last, invoices.currency_code
        ) as preference
    from invoices
    cross join run
    where
        invoices.invoice_date > {{ add_days('run.as_of', -365) }}
        and invoices.invoice_date <= run.as_of
    group by invoices.supplier_key, invoices.currency_code
),

of_suppliers as (
    select
        'supplier' as entity_type,
        records.source_instance,
        records.native_id,
        'RECORD_VS_RECORD' as cause_code,
        coalesce(records.supplier_number, records.native_id) || '|' || coalesce(records.legal_name, '') as business_key,
        cast(null as string) as legal_entity_code,
        records.supplier_key,
        upper(suppliers.payment_term_code) as payment_term_code,
        golden.source_instance as reference_instance,
        upper(golden.value) as reference_term_code,
        golden.source_instance || ' ' || golden.native_id as reference,
        billed.amount,
        billed.currency_code,
        run.as_of as stated_on
    from records
    cross join run
    inner join suppliers
        on records.source_instance = suppliers.source_instance and records.native_id = suppliers.native_id
    inner join golden on records.supplier_key = golden.supplier_key
    left join billed on records.supplier_key = billed.supplier_key and billed.preference = 1
    where not (records.source_instance = golden.source_instance and records.native_id = golden.native_id)
),

of_contracts as (
    select
        'contract' as entity_type,
        contracts.source_instance,
        contracts.native_id,
        'CONTRACT_VS_RECORD' as cause_code,
        contracts.contract_number as business_key,
        cast(null as string) as legal_entity_code,
        contracts.supplier_key,
        upper(contracts.payment_term_code) as payment_term_code,
        golden.source_instance as reference_instance,
        upper(golden.value) as reference_term_code,
        golden.source_instance || ' ' || golden.native_id as reference,
        billed.amount,
        billed.currency_code,
        run.as_of as stated_on
    from contracts
    cross join run
    inner join golden on contracts.supplier_key = golden.supplier_key
    left join billed on contracts.supplier_key = billed.supplier_key and billed.preference = 1
    where {{ in_interval('run.as_of', 'contracts.valid_from', 'contracts.valid_to') }}
),

final as (
    {%- for relation in ['of_suppliers', 'of_contracts'] %}
    select * from {{ relation }}
    where payment_term_code is not null and reference_term_code is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
