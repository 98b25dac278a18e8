-- One row per reason and group of lines without an account: how many, how much, and the rule that would cure most of them (domain_rules 3.10).
with

lines as (select * from {{ ref('rec_line_vs_account_rule') }} where failure_reason is not null),
codings as (select * from {{ ref('rec_invoice_line_vs_coding') }}),

keyed as (
    select
        lines.*,
        coalesce(codings.invoice_account_code, lines.account_code, codings.po_account_code) as coded_account_code,
        {{ concord_key(['lines.failure_reason', 'lines.legal_entity_code', 'lines.facility_code',
            'lines.cost_center_code', 'lines.category_code', 'lines.spend_type', 'lines.currency_code']) }}
            as derivation_failure_key
    from lines
    left join codings on lines.entity_type = 'invoice_line' and lines.line_key = codings.invoice_line_key
),

coded as (
    select
        derivation_failure_key,
        coded_account_code,
        count(*) as line_count
    from keyed
    where coded_account_code is not null
    group by derivation_failure_key, coded_account_code
),

-- What people and systems coded most often in such a group is the rule they work by.
proposed as (
    select
        derivation_failure_key,
        coded_account_code,
        line_count,
        row_number() over (
            partition by derivation_failure_key order by line_count desc nulls last, coded_account_code
        ) as preference
    from coded
),

final as (
    select
        keyed.derivation_failure_key,
        keyed.failure_reason,
        keyed.legal_entity_code,
        keyed.facility_code,
        keyed.cost_center_code,
        keyed.category_code,
        keyed.spend_type,
        keyed.currency_code,
        min(keyed.rule_ids) as rule_id,
        count(*) as line_count,
        {{ money('sum(abs(keyed.amount))') }} as amount,
        min(keyed.derived_on) as first_derived_on,
        max(keyed.derived_on) as last_derived_on,
        max(proposed.coded_account_code) as proposed_account_code,
        cast(coalesce(max(proposed.line_count), 0) as bigint) as proposed_line_count
    from keyed
    left join proposed
        on keyed.derivation_failure_key = proposed.derivation_failure_key and proposed.preference = 1
    group by
        keyed.derivation_failure_key, keyed.failure_reason, keyed.legal_entity_code, keyed.facility_code,
        keyed.cost_center_code, keyed.category_code, keyed.spend_type, keyed.currency_code
)

select * from final
