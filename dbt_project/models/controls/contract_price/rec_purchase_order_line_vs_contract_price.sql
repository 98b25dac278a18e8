-- One row per PO line: its price against the contract price that held when the line was created, and why they differ (domain_rules 3.8).
with

order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
choices as (select * from {{ ref('int_contract_price__choice') }}),
distortions as (select * from {{ ref('int_contract_price__distortion') }}),
prices as (select * from {{ ref('int_contract_price__known') }}),

unread as (
    select entity_scope from {{ ref('int_unread_master') }}
    where domain in ('contract', 'purchase_order', 'item')
    group by entity_scope
),
unread_everywhere as (select count(*) as domain_count from unread where entity_scope is null),

suppliers as (select supplier_key from prices where supplier_key is not null group by supplier_key),

-- Drugs are priced by class of account, bill-only and consigned goods at their use: without those facts no judgement.
joined as (
    select
        order_lines.*,
        choices.contract_number,
        choices.tier_code,
        choices.expected_order_price,
        choices.elsewhere_order_price,
        coalesce(choices.is_unit_converted, false) as is_unit_converted,
        choices.contract_price_key is not null as has_contract,
        coalesce(choices.is_equal, false) as is_equal,
        not coalesce(choices.is_known, true) and coalesce(choices.is_known_price, false) as is_unknown_successor,
        coalesce(choices.is_earlier_price, false) as is_earlier_price,
        coalesce(choices.is_future_price, false) as is_future_price,
        coalesce(choices.is_other_tier_price, false) as is_other_tier_price,
        coalesce(choices.is_other_contract_price, false) as is_other_contract_price,
        coalesce(choices.is_ended_price, false) as is_ended_price,
        coalesce(distortions.is_other_unit_price, false) as is_other_unit_price,
        coalesce(distortions.is_other_markup_price, false) as is_other_markup_price,
        suppliers.supplier_key is not null as is_contract_supplier,
        coalesce(order_lines.po_status not in ('CANCELLED', 'DRAFT', 'PENDING_APPROVAL'), true)
        and coalesce(order_lines.line_status <> 'CANCELLED', true)
        and coalesce(order_lines.spend_type <> 'DRUG', true)
        and order_lines.match_category not in ('BILL_ONLY', 'CONSIGNMENT')
        and unread.entity_scope is null and unread_everywhere.domain_count = 0 as is_judged,
        coalesce(order_lines.unit_factor, 0) = 0
        or (choices.expected_order_price is null and coalesce(choices.is_unreadable, false)) as is_unreadable
    from order_lines
    cross join unread_everywhere
    left join unread on order_lines.legal_entity_code = unread.entity_scope
    left join choices on order_lines.purchase_order_line_key = choices.purchase_order_line_key
    left join distortions on order_lines.purchase_order_line_key = distortions.purchase_order_line_key
    left join suppliers on order_lines.supplier_key = suppliers.supplier_key
),

judged as (
    select
        joined.*,
        case
            when not is_judged or is_equal then null
            when is_unknown_successor then 'LATE_SYNC'
            when is_earlier_price then 'STALE_PRICE'
            when is_future_price then 'FUTURE_PRICE'
            when is_other_tier_price then 'WRONG_TIER'
            when is_other_contract_price then 'WRONG_CONTRACT'
            when is_other_unit_price then 'UOM_MISMATCH'
            when is_other_markup_price then 'MARKUP_DIFF'
            when not has_contract and is_ended_price then 'EXPIRED_CONTRACT'
            when is_unreadable then null
            when not has_contract and elsewhere_order_price is null then null
            when not has_contract and is_contract_supplier then 'OFF_CONTRACT_ITEM'
            when not has_contract then 'OFF_CONTRACT_SUPPLIER'
            when order_unit_price > expected_order_price then 'UNEXPLAINED_OVER'
            else 'UNEXPLAINED_UNDER'
        end as code
    from joined
),

final as (
    select
        purchase_order_line_key,
        source_instance,
        native_id,
        po_number,
        line_number,
        legal_entity_code,
        facility_code,
        supplier_key,
        item_key,
        ordered_date,
        currency_code,
        base_uom_code,
        ordered_quantity,
        line_amount,
        code,
        coalesce(code, case
            when not is_judged then 'NOT_EVALUATED'
            when is_equal then 'COMPLIANT'
            when is_unreadable then 'NOT_EVALUATED'
            else 'NO_CONTRACT'
        end) as compliance_code,
        contract_number,
        tier_code,
        is_unit_converted,
        case when is_judged then {{ divide('expected_order_price', 'unit_factor', 6) }} end as expected_unit_price,
        base_unit_price as po_unit_price,
        case when is_judged then {{ money(product('(order_unit_price - expected_order_price)', 'quantity')) }} end
            as variance_amount,
        case
            when is_judged and expected_order_price is not null
                then {{ money(product('greatest(order_unit_price - expected_order_price, 0)', 'quantity')) }}
        end as leakage_amount,
        case
            when code in ('OFF_CONTRACT_ITEM', 'OFF_CONTRACT_SUPPLIER')
                then {{ money(product('greatest(order_unit_price - elsewhere_order_price, 0)', 'quantity')) }}
        end as opportunity_amount
    from judged
)

select * from final
