-- One row per PO, receipt and invoice line: the account that the rules derive beside those its documents and the ledger name (domain_rules 3.10).
with

lines as (select * from {{ ref('rec_line_vs_account_rule') }}),
codings as (select * from {{ ref('rec_invoice_line_vs_coding') }}),
ordered as (select * from lines where entity_type = 'purchase_order_line'),

final as (
    select
        lines.entity_type,
        lines.source_instance,
        lines.native_id,
        lines.business_key,
        lines.legal_entity_code,
        lines.facility_code,
        lines.cost_center_code,
        lines.category_code,
        lines.spend_type,
        lines.derived_on,
        lines.amount,
        lines.currency_code,
        lines.derived_account_code,
        lines.derived_cost_center_code,
        lines.derived_service_line_code,
        lines.derived_project_code,
        lines.derived_fund_code,
        lines.failure_reason,
        lines.rule_ids as rule_id,
        case
            when lines.entity_type = 'invoice_line' then codings.po_account_code else lines.account_code
        end as po_account_code,
        codings.invoice_account_code,
        codings.gl_account_code,
        codings.shadow_code,
        coalesce(
            lines.derived_account_code
            = coalesce(codings.invoice_account_code, codings.po_account_code, lines.account_code),
            false
        ) as is_coded_as_derived,
        case
            when ordered.derived_account_code <> lines.derived_account_code then ordered.derived_account_code
        end as shifted_from_account_code
    from lines
    left join codings
        on case when lines.entity_type = 'invoice_line' then lines.line_key end = codings.invoice_line_key
    left join ordered
        on
            case when lines.entity_type <> 'purchase_order_line' then lines.purchase_order_line_key end
            = ordered.line_key
)

select * from final
