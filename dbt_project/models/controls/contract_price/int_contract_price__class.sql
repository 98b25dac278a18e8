-- One row per PO line: whether its price is judged, and the first hypothesis that explains how it differs from its contract's (domain_rules 3.8).
with

order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
choices as (select * from {{ ref('int_contract_price__choice') }}),
usage as (select * from {{ ref('int_purchase_order_line__usage') }}),
distortions as (select * from {{ ref('int_contract_price__distortion') }}),

unread as (
    select entity_scope from {{ ref('int_unread_master') }}
    where domain in ('contract', 'purchase_order', 'item')
    group by entity_scope
),
unread_everywhere as (select count(*) as domain_count from unread where entity_scope is null),

sellers as (
    select seller_key from {{ ref('int_contract_price__offer') }}
    where seller_key is not null and not is_list
    group by seller_key
),

-- Drugs are priced by class of account, bill-only and consigned goods at their use: without those facts no judgement.
joined as (
    select
        order_lines.*,
        choices.contract_number,
        choices.tier_code,
        choices.expected_order_price,
        choices.elsewhere_order_price,
        choices.distributor_contract_number,
        choices.price_basis,
        choices.priced_on,
        choices.met_by,
        choices.contract_price_key is not null as has_contract,
        not coalesce(choices.is_known, true) and coalesce(choices.is_known_price, false) as is_unknown_successor,
        {%- for fact in ['is_unit_converted', 'is_equal', 'is_earlier_price', 'is_future_price', 'is_other_tier_price',
            'is_other_contract_price', 'is_list_price', 'is_ended_price'] %}
        coalesce(choices.{{ fact }}, false) as {{ fact }},
        {%- endfor %}
        coalesce(distortions.is_other_unit_price, false) as is_other_unit_price,
        coalesce(distortions.is_other_markup_price, false) as is_other_markup_price,
        sellers.seller_key is not null as is_contract_supplier,
        coalesce(order_lines.po_status not in ('CANCELLED', 'DRAFT', 'PENDING_APPROVAL'), true)
        and coalesce(order_lines.line_status <> 'CANCELLED', true)
        and coalesce(order_lines.spend_type <> 'DRUG', true)
        and order_lines.match_category <> 'CONSIGNMENT'
        and (order_lines.match_category <> 'BILL_ONLY' or usage.first_used_on is not null)
        and unread.entity_scope is null and unread_everywhere.domain_count = 0 as is_judged,
        coalesce(order_lines.unit_factor, 0) = 0
        or (choices.expected_order_price is null and coalesce(choices.is_unreadable, false)) as is_unreadable
    from order_lines
    cross join unread_everywhere
    left join unread on order_lines.legal_entity_code = unread.entity_scope
    left join choices on order_lines.purchase_order_line_key = choices.purchase_order_line_key
    left join usage on order_lines.purchase_order_line_key = usage.purchase_order_line_key
    left join distortions on order_lines.purchase_order_line_key = distortions.purchase_order_line_key
    left join sellers on order_lines.supplier_key = sellers.seller_key
),

final as (
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
            when has_contract and is_list_price then 'LIST_PRICE'
            when not has_contract and is_ended_price then 'EXPIRED_CONTRACT'
            when is_unreadable then null
            when not has_contract and elsewhere_order_price is null then null
            when not has_contract and is_contract_supplier then 'OFF_CONTRACT_ITEM'
            when not has_contract then 'OFF_CONTRACT_SUPPLIER'
            when order_unit_price > expected_order_price then 'UNEXPLAINED_OVER'
            else 'UNEXPLAINED_UNDER'
        end as code
    from joined
)

select * from final
