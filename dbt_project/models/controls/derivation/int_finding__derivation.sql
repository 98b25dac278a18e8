-- One row per line and finding about its account: none derived, another one at the posting date, or order, invoice and ledger at odds (domain_rules 3.10).
with

lines as (select * from {{ ref('rec_line_vs_account_rule') }}),
codings as (select * from {{ ref('rec_invoice_line_vs_coding') }}),
codes as (select * from {{ ref('exception_code') }}),
ordered as (select * from lines where entity_type = 'purchase_order_line'),

-- What an order line lacks is said of the order, and of its invoices only where they lack something else.
compared as (
    select
        lines.*,
        ordered.derived_account_code as ordered_account_code,
        lines.failure_reason is not null
        and coalesce(ordered.failure_reason <> lines.failure_reason, true) as is_failure,
        coalesce(ordered.derived_account_code <> lines.derived_account_code, false) as is_shift
    from lines
    left join ordered
        on
            case when lines.entity_type <> 'purchase_order_line' then lines.purchase_order_line_key end
            = ordered.line_key
    where lines.entity_type in ('purchase_order_line', 'invoice_line')
),

found as (
    select
        *,
        'DERIVATION_FAILED' as code,
        failure_reason as cause_code
    from compared
    where is_failure
    union all
    select
        *,
        'DERIVATION_SHIFT' as code,
        cast(null as string) as cause_code
    from compared
    where is_shift
),

of_lines as (
    select
        found.entity_type,
        found.source_instance,
        found.native_id,
        found.code,
        found.business_key,
        found.legal_entity_code,
        found.supplier_key,
        found.facility_code,
        found.purchase_order_line_key,
        found.invoice_key,
        {{ money('abs(found.amount)') }} as amount_at_risk,
        found.cause_code,
        {{ json_object({
            'reason': 'found.failure_reason',
            'derived_on': 'cast(found.derived_on as string)',
            'legal_entity_code': 'found.legal_entity_code',
            'facility_code': 'found.facility_code',
            'cost_center_code': 'found.cost_center_code',
            'category_code': 'found.category_code',
            'spend_type': 'found.spend_type',
            'rules': 'found.rule_ids',
            'proposed_account_code': 'found.proposed_account_code',
            'coded_account_code': 'found.account_code',
            'ordered_account_code': 'found.ordered_account_code',
        }) }} as evidence
    from found
),

of_codings as (
    select
        'invoice_line' as entity_type,
        source_instance,
        native_id,
        'CODING_DIFFERS' as code,
        business_key,
        legal_entity_code,
        supplier_key,
        facility_code,
        purchase_order_line_key,
        invoice_key,
        {{ money('abs(line_amount)') }} as amount_at_risk,
        shadow_code as cause_code,
        {{ json_object({
            'po_account_code': 'po_account_code',
            'invoice_account_code': 'invoice_account_code',
            'gl_account_code': 'gl_account_code',
        }) }} as evidence
    from codings
    where shadow_code <> 'SAME'
),

findings as (
    select * from of_lines
    union all
    select * from of_codings
),

final as (
    {{ finding_rows('findings', told=['facility_code', 'purchase_order_line_key', 'invoice_key', 'cause_code']) }}
)

select * from final
