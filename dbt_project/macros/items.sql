{#- The numbers by which item records are known to be one item. -#}

{#- Did a spreadsheet write the number in scientific notation? Its last digits are lost and nothing brings them back. -#}
{% macro is_damaged_number(expression) -%}
    ({{ extracted('upper(trim(coalesce(' ~ expression ~ ", '')))", '^([0-9]+[.,]?[0-9]*E[+][0-9]+)$') }} <> '')
{%- endmacro %}

{#- A device identifier with its agency, null for anything else: GS1 with 14 digits and a right check digit, ICCBBA (16
    characters), HIBCC (letter, three more characters of the labeler, product, unit digit; domain_rules 3.6.1). -#}
{% macro typed_identifier(expression) -%}
    {%- set stripped = replace_pattern('upper(trim(' ~ expression ~ '))', '[ -]', '') -%}
    case
        when {{ is_damaged_number(expression) }} then null
        when {{ gtin_verdict(expression) }} = 'VALID' then 'GS1 ' || {{ gtin_14(expression) }}
        when {{ extracted(stripped, '^([A-Z][0-9]{4}[A-Z0-9]{11})$') }} <> '' then 'ICCBBA ' || {{ stripped }}
        when {{ extracted(stripped, '^([A-Z][A-Z0-9]{4,21}[0-9])$') }} <> '' then 'HIBCC ' || {{ stripped }}
    end
{%- endmacro %}

{#- A part number of upper-case letters and digits alone, leading zeros kept, O and I left as they are; null for zeros
    alone, for a damaged number and for what forms say where there is none. -#}
{% macro stripped_part(expression) -%}
    {%- set stripped = replace_pattern('upper(' ~ expression ~ ')', '[^A-Z0-9]', '') -%}
    case
        when
            not {{ is_damaged_number(expression) }}
            and ltrim({{ stripped }}, '0') not in ('', 'NA', 'NONE', 'NULL', 'TBD', 'UNKNOWN', 'VARIOUS', 'MISC')
            then {{ stripped }}
    end
{%- endmacro %}

{#- A part number, as `stripped_part`, without the word before it (REF 123) and the unit behind it (123/BX) that forms
    add; glued to the number they are seen only beside a digit. -#}
{% macro untagged_part(expression) -%}
    {%- set text = 'upper(trim(' ~ expression ~ '))' -%}
    {%- set words = '^(?:REF|CAT|CATNO|MFR|MPN)' -%}
    {%- set units = '(?:BX|CS|CA|EA|PK|CT)$' -%}
    {%- set headless -%}
        coalesce(
            nullif({{ extracted(text, words ~ '[^A-Z0-9]+(.+)$') }}, ''),
            nullif({{ extracted(text, words ~ '([A-Z]*[0-9].*)$') }}, ''),
            {{ text }}
        )
    {%- endset -%}
    {%- set bare -%}
        coalesce(
            nullif({{ extracted(headless, '^(.+)[^A-Z0-9]' ~ units) }}, ''),
            nullif({{ extracted(headless, '^(.*[0-9])' ~ units) }}, ''),
            {{ headless }}
        )
    {%- endset -%}
    {{ stripped_part(bare) }}
{%- endmacro %}

{#- A manufacturer's name without legal form and the word AND, which lists leave out as they like. -#}
{% macro maker_name(expression) -%}
    replace({{ normalized_name(expression) }}, ' AND ', ' ')
{%- endmacro %}

{#- Do two manufacturers fit? One name, blanks apart, or one is the other cut off behind a word, or one golden supplier. -#}
{% macro makers_fit(a, b) -%}
    (
        replace({{ a }}.maker, ' ', '') = replace({{ b }}.maker, ' ', '')
        or {{ a }}.maker || ' ' like {{ b }}.maker || ' %'
        or {{ b }}.maker || ' ' like {{ a }}.maker || ' %'
        or coalesce({{ a }}.maker_key = {{ b }}.maker_key, false)
    )
{%- endmacro %}

{#- Why a device identifier is none: DAMAGED, CHECK_DIGIT, LENGTH (digits, but not 8, 12, 13 or 14), LABELER (letters,
    but no HIBCC or ICCBBA); null for a right one and for none. -#}
{% macro identifier_fault(expression) -%}
    {%- set stripped = replace_pattern('upper(' ~ expression ~ ')', '[^A-Z0-9]', '') -%}
    case
        when {{ typed_identifier(expression) }} is not null then null
        when {{ is_damaged_number(expression) }} then 'DAMAGED'
        when {{ stripped_part(expression) }} is null then null
        when {{ gtin_verdict(expression) }} = 'CHECK_DIGIT' then 'CHECK_DIGIT'
        when {{ replace_pattern(stripped, '[0-9]', '') }} = '' then 'LENGTH'
        else 'LABELER'
    end
{%- endmacro %}
