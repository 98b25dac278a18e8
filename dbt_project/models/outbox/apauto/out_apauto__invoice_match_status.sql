-- One row per invoice of an AP automation instance: the match status it should show, keyed for exactly one posting (domain_rules 3.13).
with

matches as (
    select * from {{ ref('rec_invoice_line_vs_purchase_order_line') }}
    where source_system = 'apauto' and is_judged
),
invoices as (select * from {{ ref('fct_invoice') }} where not is_void),
codes as (select * from {{ ref('exception_code') }}),
run as (select * from {{ ref('stg_landscape__run') }}),

rolled as (
    select
        invoice_key,
        max(case when match_status = 'EXCEPTION' then 1 else 0 end) as exception_count,
        max(case when match_status = 'WAITING' then 1 else 0 end) as waiting_count,
        max(case when match_status in ('MATCHED', 'MATCHED_IN_TOLERANCE') then 1 else 0 end) as matched_count,
        max(case when match_status = 'MATCHED_IN_TOLERANCE' then 1 else 0 end) as tolerance_count,
        sum(case when match_status in ('MATCHED', 'MATCHED_IN_TOLERANCE') then line_amount else 0 end) as payable_amount
    from matches
    group by invoice_key
),

coded as (
    select
        matches.invoice_key,
        codes.step,
        codes.code
    from matches
    inner join codes on ',' || matches.codes || ',' like '%,' || codes.code || ',%'
    where matches.codes <> ''
    group by matches.invoice_key, codes.step, codes.code
),

listed as (
    select
        invoice_key,
        {{ joined('code', 'step, code') }} as codes
    from coded
    group by invoice_key
),

statuses as (
    select
        invoices.invoice_key,
        invoices.source_instance,
        invoices.native_id,
        invoices.invoice_number,
        invoices.legal_entity_code,
        invoices.currency_code,
        case
            when rolled.exception_count = 1 then 'EXCEPTION'
            when rolled.waiting_count = 1 and rolled.matched_count = 1 then 'PARTIALLY_MATCHED'
            when rolled.waiting_count = 1 then 'WAITING'
            when rolled.tolerance_count = 1 then 'MATCHED_IN_TOLERANCE'
            else 'MATCHED'
        end as match_status,
        coalesce(listed.codes, '') as codes,
        {{ money('case when rolled.exception_count = 1 then 0 else rolled.payable_amount end') }} as payable_amount
    from rolled
    inner join invoices on rolled.invoice_key = invoices.invoice_key
    left join listed on rolled.invoice_key = listed.invoice_key
),

final as (
    select
        {{ sha256_hex(joined_parts(['statuses.legal_entity_code', "'INVOICE_MATCH_STATUS'", 'statuses.source_instance',
            'statuses.native_id', '1'])) }} as posting_key,
        statuses.invoice_number as business_key,
        statuses.source_instance as target_instance,
        statuses.source_instance,
        statuses.native_id,
        statuses.legal_entity_code,
        statuses.native_id as invoice_id,
        statuses.match_status,
        statuses.codes,
        statuses.payable_amount,
        statuses.currency_code,
        run.rule_set_version,
        run.as_of as evaluated_as_of,
        {{ concord_key(['statuses.native_id', 'statuses.match_status', 'statuses.codes', 'statuses.payable_amount',
            'statuses.currency_code']) }} as payload_hash
    from statuses
    cross join run
)

select * from final
