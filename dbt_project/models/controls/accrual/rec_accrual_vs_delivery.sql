-- One row per accrual journal that the ledger should hear of: an obligation it cannot see at month end, or the reversal of one that no longer stands (domain_rules 3.9, 3.13).
with

receipt_lines as (
    select * from {{ ref('int_accrual__receipt_line') }}
    where ledger_instance is not null and substitute_instance is not null
),
delivered as (select * from {{ ref('int_accrual__delivery') }}),
owners as (select * from {{ ref('int_accrual__owner') }} where doc_class = 'RECEIPT_NOT_REPLICATED'),
run as (select * from {{ ref('stg_landscape__run') }}),

reversed as (
    select
        source_instance,
        native_id,
        period_code,
        count(*) as reversal_count
    from delivered
    where reverses_reference is not null
    group by source_instance, native_id, period_code
),

-- An obligation that comes back after its reversal is a posting of its own.
owed as (
    select
        receipt_lines.*,
        run.as_of as posting_date,
        {{ add_days('run.as_of', 1) }} as reversal_date,
        substr(cast(run.as_of as string), 1, 7) as period_code,
        case
            when coalesce(reversed.reversal_count, 0) > 0 then '|' || cast(reversed.reversal_count + 1 as string)
            else ''
        end as occurrence
    from receipt_lines
    inner join run
        on substr(cast(run.as_of as string), 1, 7) <> substr(cast({{ add_days('run.as_of', 1) }} as string), 1, 7)
    left join reversed
        on
            receipt_lines.source_instance = reversed.source_instance
            and receipt_lines.native_id = reversed.native_id
            and substr(cast(run.as_of as string), 1, 7) = reversed.period_code
    where
        not receipt_lines.is_copied
        and receipt_lines.is_past_grace
        and receipt_lines.unposted_amount > 0
        and receipt_lines.unposted_amount >= receipt_lines.materiality_floor
),

keyed as (
    select
        owed.*,
        {{ sha256_hex(joined_parts(['legal_entity_code', "'ACCRUAL'", 'source_instance', 'native_id',
            'period_code || occurrence'])) }} as posting_key
    from owed
),

final as (
    select
        posting_key,
        receipt_number || '|' || receipt_line_number || '|' || period_code as business_key,
        substitute_instance as target_instance,
        cast(null as string) as depends_on,
        legal_entity_code,
        source_instance,
        native_id,
        period_code,
        substr(posting_key, 1, 32) as document_reference,
        posting_date,
        reversal_date,
        currency_code,
        unposted_amount as amount,
        substitute_offset_account_code as debit_account_code,
        substitute_account_code as credit_account_code,
        cost_center_code,
        'Not billed ' || receipt_number as header_text,
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
            and {{ in_interval('delivered.posting_date', 'owners.valid_from', 'owners.valid_to') }}
    left join keyed on delivered.posting_key = keyed.posting_key
    where
        delivered.reverses_reference is null
        and keyed.posting_key is null
        and run.as_of >= delivered.posting_date
        and run.as_of < delivered.reversal_date
)

select * from final
