-- One row per accrual journal that the ledger should hear of: an obligation it cannot see at a period end, or the reversal of one that no longer stands (domain_rules 3.9, 3.13).
with

obligations as (
    select * from {{ ref('int_accrual__receipt_obligation') }}
    union all
    select * from {{ ref('int_accrual__service_obligation') }}
    union all
    select * from {{ ref('int_accrual__usage_obligation') }}
),
delivered as (select * from {{ ref('int_accrual__delivery') }}),
owners as (select * from {{ ref('int_accrual__owner') }}),
run as (select * from {{ ref('stg_landscape__run') }}),

reversed as (
    select
        doc_class,
        source_instance,
        native_id,
        period_code,
        count(*) as reversal_count
    from delivered
    where reverses_reference is not null
    group by doc_class, source_instance, native_id, period_code
),

-- An obligation that comes back after its reversal is a posting of its own.
keyed as (
    select
        obligations.*,
        {{ sha256_hex(joined_parts([
            'obligations.legal_entity_code',
            "case obligations.doc_class when 'SERVICE' then 'SERVICE_ACCRUAL' when 'RECEIPT_NOT_REPLICATED' then 'ACCRUAL'"
            ~ " else 'USAGE_ACCRUAL' end",
            'obligations.source_instance', 'obligations.native_id',
            "obligations.period_code || case when coalesce(reversed.reversal_count, 0) > 0"
            ~ " then '|' || cast(reversed.reversal_count + 1 as string) else '' end"])) }} as posting_key
    from obligations
    left join reversed
        on
            obligations.doc_class = reversed.doc_class
            and obligations.source_instance = reversed.source_instance
            and obligations.native_id = reversed.native_id
            and obligations.period_code = reversed.period_code
    where obligations.amount > 0 and obligations.amount >= obligations.materiality_floor
),

final as (
    select
        posting_key,
        document_number || '|' || period_code as business_key,
        target_instance,
        cast(null as string) as depends_on,
        doc_class,
        legal_entity_code,
        source_instance,
        native_id,
        period_code,
        substr(posting_key, 1, 32) as document_reference,
        period_end as posting_date,
        reversal_date,
        currency_code,
        amount,
        debit_account_code,
        credit_account_code,
        cost_center_code,
        header_text,
        po_number,
        po_line_number,
        cast(null as string) as reverses_reference
    from keyed
    union all
    select
        {{ sha256_hex(joined_parts(['delivered.posting_key', "'REV'", "'1'"])) }} as posting_key,
        delivered.business_key || '|REV' as business_key,
        owners.source_instance as target_instance,
        delivered.posting_key as depends_on,
        delivered.doc_class,
        delivered.legal_entity_code,
        delivered.source_instance,
        delivered.native_id,
        delivered.period_code,
        substr({{ sha256_hex(joined_parts(['delivered.posting_key', "'REV'", "'1'"])) }}, 1, 32) as document_reference,
        run.as_of as posting_date,
        cast(null as date) as reversal_date,
        delivered.currency_code,
        delivered.amount,
        delivered.credit_account_code as debit_account_code,
        delivered.debit_account_code as credit_account_code,
        delivered.cost_center_code,
        delivered.header_text,
        delivered.po_number,
        delivered.po_line_number,
        delivered.document_reference as reverses_reference
    from delivered
    cross join run
    inner join owners
        on
            delivered.legal_entity_code = owners.legal_entity_code
            and delivered.doc_class = owners.doc_class
            and {{ in_interval('delivered.posting_date', 'owners.valid_from', 'owners.valid_to') }}
    left join keyed on delivered.posting_key = keyed.posting_key
    where
        delivered.reverses_reference is null
        and keyed.posting_key is null
        and run.as_of >= delivered.posting_date
        and run.as_of < delivered.reversal_date
)

select * from final
