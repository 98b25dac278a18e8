-- One row per PO line with a contract price for its item somewhere: the price that holds, and which other prices would explain the order's (domain_rules 3.8).
with

candidates as (select * from {{ ref('int_contract_price__candidate') }}),
parameters as (
    select * from {{ ref('int_purchase_order_line__parameter') }} where parameter_code = 'LOCAL_CONTRACT_FIRST'
),

measured as (
    select
        candidates.*,
        {{ divide(
            product(quantity(product('contract_unit_price', '(1 + distributor_markup)')), 'unit_factor'),
            'contract_factor', 6) }} as expected_order_price,
        {{ divide(product('contract_unit_price', 'unit_factor'), 'contract_factor', 6) }} as unmarked_order_price,
        is_own_supplier and is_member and not is_list and not is_future
        and coalesce({{ product('min_quantity', 'contract_factor') }}, 0) <= greatest(ordered_quantity, 0) as is_open,
        case when tier_code = facility_tier_code then 1 when tier_code is null then 2 else 3 end as tier_preference,
        is_local and coalesce(parameters.value, 0) > 0 as is_first
    from candidates
    left join parameters on candidates.purchase_order_line_key = parameters.purchase_order_line_key
),

{% set precedence %}
    (not is_first),
    tier_preference,
    tier_code nulls last,
    {{ product('min_quantity', 'contract_factor') }} desc nulls last,
    (not is_designated),
    (not is_referenced),
    (not is_in_order_unit),
    (distributor_contract_number is not null),
    valid_from desc nulls last,
    contract_number,
    native_id,
    distributor_contract_number nulls first
{%- endset %}
compared as (
    select
        measured.*,
        coalesce({{ reproduces('order_unit_price', 'expected_order_price', 'unit_factor', 'contract_factor') }}, false)
            as is_equal
    from measured
),

ranked as (
    select
        compared.*,
        is_own_supplier and is_equal and not is_list as is_own_price,
        is_open and not is_outside and row_number() over (
            partition by purchase_order_line_key, is_open and not is_outside
            order by {{ precedence }}
        ) = 1 as is_chosen,
        -- What the buyers would have chosen by what they knew; to them a price holds until they hear of its successor.
        is_open and is_known and row_number() over (
            partition by purchase_order_line_key, is_open and is_known
            order by is_outside, case when is_outside then valid_from end desc nulls last, {{ precedence }}
        ) = 1 as is_known_choice
    from compared
),

chosen as (select * from ranked where is_chosen),

{% set of_chosen_contract = 'ranked.contract_number = chosen.contract_number' %}
explained as (
    select
        ranked.purchase_order_line_key,
        {%- for name, condition in [
            ('is_known_price', 'ranked.is_known_choice and ranked.is_equal'),
            ('is_earlier_price', 'ranked.is_own_price and ranked.valid_from < chosen.valid_from and '
                ~ of_chosen_contract ~ ' and ranked.tier_code is not distinct from chosen.tier_code'),
            ('is_future_price', 'ranked.is_own_price and ranked.is_future'),
            ('is_other_tier_price', 'ranked.is_own_price and not ranked.is_future and not ranked.is_outside and '
                ~ of_chosen_contract
                ~ ' and ranked.distributor_contract_number is not distinct from chosen.distributor_contract_number'),
            ('is_other_contract_price', 'ranked.is_own_price and not ranked.is_future and not ' ~ of_chosen_contract),
            ('is_ended_price', 'ranked.is_own_price and not ranked.is_future and ranked.is_outside'),
            ('is_list_price', 'ranked.is_equal and ranked.is_list and not ranked.is_future and not ranked.is_outside and '
                ~ '(ranked.is_own_supplier or ranked.contract_supplier_key = chosen.contract_supplier_key)'),
            ('is_unreadable', 'ranked.is_own_supplier and ranked.contract_factor is null and not ranked.is_list')] %}
        max(case when {{ condition }} then 1 else 0 end) = 1 as {{ name }},
        {%- endfor %}
        min(
            case
                when
                    not (ranked.is_own_supplier or ranked.is_list or ranked.is_future or ranked.is_outside)
                    and ranked.is_member
                    then ranked.expected_order_price
            end
        ) as elsewhere_order_price
    from ranked
    left join chosen on ranked.purchase_order_line_key = chosen.purchase_order_line_key
    group by ranked.purchase_order_line_key
),

final as (
    select
        explained.*,
        chosen.contract_price_key,
        chosen.contract_number,
        chosen.distributor_contract_number,
        chosen.tier_code,
        chosen.price_basis,
        chosen.priced_on,
        chosen.met_by,
        chosen.contract_factor,
        chosen.distributor_markup,
        chosen.expected_order_price,
        chosen.unmarked_order_price,
        chosen.is_equal,
        chosen.is_known,
        not chosen.is_in_order_unit as is_unit_converted
    from explained
    left join chosen on explained.purchase_order_line_key = chosen.purchase_order_line_key
)

select * from final
