-- One row per canonical invoice: its identity across systems, and whether it is the fact or a replica.
with

invoices as (select * from {{ ref('can_invoice') }} where not is_deleted),
supplier_keys as (select * from {{ ref('xref_supplier') }}),
run as (select * from {{ ref('stg_landscape__run') }}),
records as (
    select * from {{ ref('stg_landscape__system_of_record') }}
    where domain = 'invoice' and write_policy in ('MASTER', 'REPLICA')
),

numbered as (
    select
        invoices.invoice_key,
        invoices.source_instance,
        invoices.native_id,
        invoices.legal_entity_code,
        invoices.invoice_date,
        invoices.received_at,
        invoices.gross_amount,
        {{ is_void('invoices', 'run') }} as is_void,
        supplier_keys.supplier_key,
        coalesce(invoices.posting_date, invoices.invoice_date) as business_date,
        coalesce(invoices.posting_date, invoices.invoice_date) <= run.as_of as is_as_of,
        coalesce(supplier_keys.supplier_key, invoices.source_instance || '|' || invoices.supplier_id)
        || '|' || {{ normalized_number('invoices.invoice_number') }}
        || '|' || cast(invoices.invoice_date as string)
        || '|' || cast(sign(coalesce(invoices.gross_amount, 0)) as string) as document_stem
    from invoices
    cross join run
    left join supplier_keys
        on invoices.source_instance = supplier_keys.source_instance and invoices.supplier_id = supplier_keys.native_id
),

-- Who is the system of record may depend on the legal entity and the day.
declared as (
    select
        numbered.invoice_key,
        max(case when records.write_policy = 'MASTER' then 1 else 0 end) as is_of_record
    from numbered
    inner join records
        on
            numbered.source_instance = records.source_instance
            and (records.entity_scope is null or records.entity_scope = numbered.legal_entity_code)
            and {{ in_interval('numbered.invoice_date', 'records.valid_from', 'records.valid_to') }}
    group by numbered.invoice_key
),

-- One bill in two books of record is one document (posted twice: D8). Another amount is another bill, and a copy belongs to
-- the one of its entity.
held as (
    select
        numbered.*,
        declared.is_of_record,
        case when declared.is_of_record = 1 then numbered.source_instance end as recorder,
        case when declared.is_of_record = 1 then numbered.gross_amount end as recorded_amount,
        first_value(numbered.gross_amount) over (
            partition by numbered.document_stem, numbered.legal_entity_code
            order by (coalesce(declared.is_of_record, 0) = 0), numbered.source_instance, numbered.native_id
        ) as entity_amount
    from numbered
    left join declared on numbered.invoice_key = declared.invoice_key
),

stemmed as (
    select
        held.*,
        document_stem || case
            when
                min(recorder) over (partition by document_stem) < max(recorder) over (partition by document_stem)
                and min(recorded_amount) over (partition by document_stem)
                < max(recorded_amount) over (partition by document_stem)
                then '|' || cast(coalesce(recorded_amount, entity_amount) as string)
            else ''
        end as bill_stem
    from held
),

-- Two equal invoices of one instance are two documents: the occurrence keeps them apart (duplicates are a finding). What
-- another instance holds of them are copies of the first that still stand.
identified as (
    select
        stemmed.*,
        bill_stem || '|' || cast(
            row_number() over (
                partition by source_instance, bill_stem
                order by is_void, received_at nulls last, native_id
            ) as string
        ) as document_identity
    from stemmed
),

placed as (
    select
        identified.*,
        identified.is_of_record = 0 as is_replica_only,
        first_value(identified.invoice_key) over (
            partition by identified.document_identity
            order by (coalesce(identified.is_of_record, 0) = 0), identified.source_instance, identified.native_id
        ) as fact_key
    from identified
),

final as (
    select
        invoice_key,
        source_instance,
        native_id,
        supplier_key,
        business_date,
        is_as_of,
        document_identity,
        fact_key,
        invoice_key = fact_key as is_fact,
        coalesce(is_replica_only, false) as is_replica_only
    from placed
)

select * from final
