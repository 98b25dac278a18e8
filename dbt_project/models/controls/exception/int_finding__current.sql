-- One row per entity and code found in this run, in one shape: what, where, how much, why.
with

line_findings as (select * from {{ ref('int_invoice_line__finding') }}),
line_matches as (select * from {{ ref('rec_invoice_line_vs_purchase_order_line') }}),
order_matches as (select * from {{ ref('rec_purchase_order_line_vs_receipt') }}),
codes as (select * from {{ ref('exception_code') }}),
unread as (select * from {{ ref('int_unread_master') }}),

{% set short = "('QTY_OVER_RECEIVED', 'AWAITING_RECEIPT', 'RECEIPT_OVERDUE')" %}
of_lines as (
    select
        'invoice_line' as entity_type,
        line_matches.source_instance,
        line_matches.native_id,
        line_findings.code,
        coalesce(line_matches.invoice_number, '') || '|' || coalesce(cast(line_matches.line_number as string), '')
            as business_key,
        line_matches.legal_entity_code,
        line_matches.supplier_key,
        line_matches.facility_code,
        line_matches.purchase_order_line_key,
        line_matches.invoice_key,
        line_findings.amount_at_risk,
        line_findings.quantity_at_risk,
        {%- for name in ['cause_code', 'cause_ratio', 'proposed_quantity'] %}
        case when line_findings.code in {{ short }} then line_matches.{{ name }} end as {{ name }},
        {%- endfor %}
        line_findings.severity,
        cast(null as string) as evidence
    from line_findings
    inner join line_matches on line_findings.invoice_line_key = line_matches.invoice_line_key
    where line_findings.code not in (select codes.code from codes where codes.is_invoice_level)
),

{% set order_quantity %}
    case
        when codes.code = 'RETURN_EXCEEDS_RECEIPT' then order_matches.excess_return_quantity
        else abs(order_matches.received_quantity - order_matches.ordered_quantity)
    end
{%- endset %}
of_orders as (
    select
        'purchase_order_line' as entity_type,
        order_matches.source_instance,
        order_matches.native_id,
        codes.code,
        order_matches.po_number || '|' || coalesce(cast(order_matches.line_number as string), '') as business_key,
        order_matches.legal_entity_code,
        order_matches.supplier_key,
        order_matches.facility_code,
        order_matches.purchase_order_line_key,
        cast(null as string) as invoice_key,
        {{ money(product(order_quantity, 'order_matches.base_unit_price')) }} as amount_at_risk,
        {{ quantity(order_quantity) }} as quantity_at_risk,
        {%- for name in ['cause_code', 'cause_ratio', 'proposed_quantity'] %}
        case when codes.code = 'RECEIPT_OVER_ORDERED' then order_matches.{{ name }} end as {{ name }},
        {%- endfor %}
        codes.severity,
        cast(null as string) as evidence
    from order_matches
    inner join codes on ',' || order_matches.codes || ',' like '%,' || codes.code || ',%'
    where order_matches.codes <> ''
),

found as (
    select * from of_lines
    union all
    select * from of_orders
    {%- for family in [
        'invoice', 'receipt_line', 'replication', 'supplier', 'contract_price', 'accrual', 'reference', 'bank',
        'ownership', 'identifier', 'item', 'derivation', 'bridge', 'screening', 'terms', 'certificate', 'tax_form', 'usage',
        'close', 'posting',
    ] %}
    union all
    select * from {{ ref('int_finding__' ~ family) }}
    {%- endfor %}
),

final as (
    select found.*
    from found
    inner join codes on found.code = codes.code
    left join unread
        on
            ' ' || codes.needs || ' ' like '% ' || unread.domain || ' %'
            and coalesce(unread.entity_scope = found.legal_entity_code, true)
    where unread.domain is null
)

select * from final
