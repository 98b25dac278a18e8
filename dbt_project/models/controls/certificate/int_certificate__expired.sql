-- One row per certificate that has ended without a successor while its supplier is still one: what was billed since (domain_rules 3.6.3).
with

certificates as (
    select * from {{ ref('dim_supplier_certificate') }}
    where supplier_key is not null and coalesce(certificate_type not like 'W%', true)
),
records as (select * from {{ ref('dim_supplier_record') }} where coalesce(status <> 'INACTIVE', true)),
invoices as (select * from {{ ref('fct_invoice') }} where not is_void),
run as (select * from {{ ref('stg_landscape__run') }}),

-- Of one kind of certificate the one that holds longest counts, whichever system has it.
ranked as (
    select
        certificates.*,
        row_number() over (
            partition by certificates.supplier_key, certificates.certificate_type, certificates.code
            order by
                certificates.valid_to desc nulls first,
                certificates.valid_from desc nulls last,
                certificates.source_instance,
                certificates.native_id
        ) as preference
    from certificates
),

billed as (
    select
        ranked.source_instance,
        ranked.native_id,
        count(*) as invoice_count,
        {{ money('sum(invoices.gross_amount)') }} as amount
    from ranked
    cross join run
    inner join invoices
        on
            ranked.supplier_key = invoices.supplier_key
            and invoices.invoice_date >= ranked.valid_to
            and invoices.invoice_date <= run.as_of
    where ranked.preference = 1
    group by ranked.source_instance, ranked.native_id
),

final as (
    select
        ranked.source_instance,
        ranked.native_id,
        ranked.supplier_key,
        records.legal_name,
        ranked.certificate_type,
        ranked.code,
        ranked.certifier,
        ranked.number,
        ranked.valid_to,
        coalesce(billed.invoice_count, 0) as invoice_count,
        {{ money('coalesce(billed.amount, 0)') }} as billed_amount
    from ranked
    cross join run
    inner join records
        on ranked.source_instance = records.source_instance and ranked.supplier_id = records.native_id
    left join billed on ranked.source_instance = billed.source_instance and ranked.native_id = billed.native_id
    where ranked.preference = 1 and ranked.valid_to <= run.as_of
)

select * from final
