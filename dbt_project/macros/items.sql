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

{#- Is a code of digits within a segment of UNSPSC (its first two digits)? -#}
{% macro has_unspsc_segment(digits) -%}
    (
        substr({{ digits }}, 1, 2) in (
            '10', '11', '12', '13', '14', '15', '20', '21', '22', '23', '24', '25', '26', '27', '30', '31', '32', '39', '40', '41',
            '42', '43', '44', '45', '46', '47', '48', '49', '50', '51', '52', '53', '54', '55', '56', '57', '60', '64', '70', '71',
            '72', '73', '76', '77', '78', '80', '81', '82', '83', '84', '85', '86', '90', '91', '92', '93', '94', '95'
        )
    )
{%- endmacro %}

{#- The words of titles, from a relation (record_key, source_instance, title in capitals). Writes CTEs down to `<name>`
    (record_key, source_instance, word_kind, word): WORD is letters and digits between anything else; PART what looks like
    a part number: between blanks, dashes and dots taken out, with a digit, four characters or more and no measure;
    TOGETHER two or three words that follow each other, written as one. -#}
{% macro title_words(name, titles) -%}
{%- set unit = '(GB|MB|TB|IN|INCH|FT|W|HZ|MM|CM|ML|FR|MP|X[0-9]+|P|K|OZ|LB|PACK|CT|V|MAH)?' -%}
{{ name }}_listed as (
    select
        record_key,
        source_instance,
        {{ word_list(replace_pattern('title', '[^A-Z0-9.+#&_-]+', ' ')) }} as tokens,
        {{ word_list(plain_name('title')) }} as words
    from {{ titles }}
),

{{ name }}_placed_tokens as (
    select
        record_key,
        source_instance,
        tokens,
        {{ places_of('tokens') }} as place
    from {{ name }}_listed
),

{{ name }}_stripped as (
    select
        record_key,
        source_instance,
        {{ replace_pattern(word_at('tokens', 'place'), '[^A-Z0-9]', '') }} as word
    from {{ name }}_placed_tokens
),

{{ name }}_parts as (
    select
        record_key,
        source_instance,
        word
    from {{ name }}_stripped
    where
        length(word) >= 4
        and {{ extracted('word', '([0-9])') }} <> ''
        and {{ extracted('word', '^([0-9]{1,4}' ~ unit ~ ')$') }} = ''
),

{{ name }}_placed_words as (
    select
        record_key,
        source_instance,
        words,
        {{ places_of('words') }} as place
    from {{ name }}_listed
),

{{ name }}_words as (
    select
        record_key,
        source_instance,
        place,
        {{ word_at('words', 'place') }} as word
    from {{ name }}_placed_words
),

{{ name }}_following as (
    select
        {{ name }}_words.*,
        lead(word, 1, '') over (partition by record_key order by place) as second_word,
        lead(word, 2, '') over (partition by record_key order by place) as third_word
    from {{ name }}_words
),

{{ name }}_spelled as (
    select record_key, source_instance, 'PART' as word_kind, word from {{ name }}_parts
    union all
    select record_key, source_instance, 'WORD' as word_kind, word from {{ name }}_words
    union all
    select record_key, source_instance, 'TOGETHER' as word_kind, word || second_word as word from {{ name }}_following
    union all
    select record_key, source_instance, 'TOGETHER' as word_kind, word || second_word || third_word as word
    from {{ name }}_following
),

{{ name }} as (
    select
        record_key,
        source_instance,
        word_kind,
        word
    from {{ name }}_spelled
    where word <> ''
    group by record_key, source_instance, word_kind, word
)
{%- endmacro %}
