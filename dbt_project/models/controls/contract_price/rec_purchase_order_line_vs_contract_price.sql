-- One row per PO line: its price against the contract price that held for it, why they differ and what that costs (domain_rules 3.8).
with

classes as (select * from {{ ref('int_contract_price__class') }}),
paid as (select * from {{ ref('int_contract_price__paid') }}),
codes as (select * from {{ ref('exception_code') }}),

-- Recoverable is what was paid above the contract, and no more than the order was above it.
measured as (
    select
        classes.*,
        coalesce(codes.is_supplier_fault, false) as is_supplier_fault,
        least(
            {{ product('greatest(classes.order_unit_price - classes.expected_order_price, 0)',
                'least(classes.quantity, coalesce(paid.paid_quantity, 0))') }},
            coalesce(paid.paid_amount, 0)
            - {{ product('classes.expected_order_price', 'coalesce(paid.paid_quantity, 0)') }}
        ) as overpaid_amount
    from classes
    left join codes on classes.code = codes.code
    left join paid on classes.purchase_order_line_key = paid.purchase_order_line_key
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
        distributor_contract_number,
        tier_code,
        price_basis,
        priced_on,
        met_by,
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
            when is_judged and expected_order_price is not null
                then {{ money('case when is_supplier_fault then greatest(overpaid_amount, 0) else 0 end') }}
        end as recoverable_amount,
        case
            when code in ('OFF_CONTRACT_ITEM', 'OFF_CONTRACT_SUPPLIER')
                then {{ money(product('greatest(order_unit_price - elsewhere_order_price, 0)', 'quantity')) }}
        end as opportunity_amount
    from measured
)

select * from final
