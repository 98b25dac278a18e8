{#- Codes of EDI X12, each by its own code list: what distributors mean by them (domain_rules 3.3.1, source_systems 4.5).
    Unit codes are no matter of this file: `uom_alias` says them per system. -#}

{#- Element 639: how many units a price is for. Codes that name no number price one unit. -#}
{% macro x12_price_per_quantity(basis) -%}
    case
        when {{ basis }} = 'PN' then 10
        when {{ basis }} in ('LD', 'PD', 'RD', 'TD', 'WD') then 12
        when {{ basis }} in ('HP', 'LC', 'QH', 'RC', 'TC', 'WC') then 100
        when {{ basis }} in ('LM', 'QS', 'RM', 'TM', 'TP', 'WM') then 1000
        when {{ basis }} = 'TT' then 10000
        when {{ basis }} = 'HT' then 100000
        else 1
    end
{%- endmacro %}

{#- Element 1300: the charge class of an SAC segment. -#}
{% macro x12_charge_class(code) -%}
    case
        when {{ code }} in ('C040', 'D200', 'D230', 'D240', 'G821') then 'FREIGHT'
        when {{ code }} in ('D500', 'G830', 'H090') then 'HANDLING'
        when {{ code }} in ('D260', 'D270') then 'FUEL'
        when {{ code }} in ('A010', 'G970') then 'MINIMUM_ORDER'
        when {{ code }} = 'G470' then 'RESTOCK'
        when {{ code }} in ('C300', 'C310', 'C350', 'C550', 'F800', 'F910') then 'DISCOUNT'
        when {{ code }} in ('D360', 'H630', 'H700', 'H730', 'H740', 'H750', 'H770', 'H850') then 'TAX_SALES'
        else 'MISC'
    end
{%- endmacro %}

{#- Elements 587 and 668: a line's status, else what the acknowledgement as a whole says of its lines. -#}
{% macro x12_line_status(status, acknowledgement_type) -%}
    coalesce(
        {{ status }},
        case
            when {{ acknowledgement_type }} in ('RD', 'RF', 'RJ') then 'IR'
            when {{ acknowledgement_type }} = 'AC' then 'IC'
            else 'IA'
        end
    )
{%- endmacro %}

{#- Element 640: credits arrive positive and leave negative. -#}
{% macro x12_is_credit(invoice_type) -%}
    coalesce({{ invoice_type }} in ('CN', 'CR'), false)
{%- endmacro %}
