{#- Judgments of identifiers that are no secrets (domain_rules 3.6.1); those of tax ids and bank values are made at the door. -#}

{#- Ten digits beginning with 1 or 2 whose Luhn sum over 80840 and the number ends in 0. -#}
{% macro is_npi(expression) -%}
    (
        length({{ expression }}) = 10
        and {{ replace_pattern(expression, '[0-9]', '') }} = ''
        and substr({{ expression }}, 1, 1) in ('1', '2')
        and mod(
            24
            {%- for place in range(1, 11) %}
            {%- set digit = 'try_cast(substr(' ~ expression ~ ', ' ~ place ~ ', 1) as integer)' %}
            {%- if place % 2 == 1 %}
            + 2 * {{ digit }} - case when {{ digit }} > 4 then 9 else 0 end
            {%- else %}
            + {{ digit }}
            {%- endif %}
            {%- endfor %},
            10
        ) = 0
    )
{%- endmacro %}

{#- Nine digits, dashes and spaces apart. -#}
{% macro is_duns(expression) -%}
    {%- set bare = replace_pattern(expression, '[ -]', '') -%}
    (length({{ bare }}) = 9 and {{ replace_pattern(bare, '[0-9]', '') }} = '')
{%- endmacro %}

{#- Twelve capital letters and digits without I and O, not beginning with 0. -#}
{% macro is_uei(expression) -%}
    (
        length({{ expression }}) = 12
        and {{ replace_pattern(expression, '[A-HJ-NP-Z0-9]', '') }} = ''
        and substr({{ expression }}, 1, 1) <> '0'
    )
{%- endmacro %}

{#- What two holders of one bank account share: tokens, of a row with iban, routing_number, account_number and extension.
    A placeholder is no account. -#}
{% macro account_token(relation) -%}
    case
        when {{ json_text(relation ~ '.extension', 'account_verdict') }} = 'PLACEHOLDER' then null
        when {{ relation }}.iban is not null then {{ relation }}.iban
        when {{ relation }}.account_number is not null
            then coalesce({{ relation }}.routing_number, '') || '|' || {{ relation }}.account_number
    end
{%- endmacro %}
