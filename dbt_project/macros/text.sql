{#- Text helpers whose spelling differs between engines. -#}

{#- Values of a group joined with commas in the given order. -#}
{% macro joined(expression, order_by, separator=',') -%}
    {{ return(adapter.dispatch('joined', 'concord')(expression, order_by, separator)) }}
{%- endmacro %}

{% macro default__joined(expression, order_by, separator) -%}
    string_agg({{ expression }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro %}

{% macro spark__joined(expression, order_by, separator) -%}
    array_join(transform(array_sort(collect_list(struct({{ order_by }} as sort_key, {{ expression }} as word))), x -> x.word), '{{ separator }}')
{%- endmacro %}

{#- Every match of a regular expression replaced. -#}
{% macro replace_pattern(expression, pattern, replacement) -%}
    {{ return(adapter.dispatch('replace_pattern', 'concord')(expression, pattern, replacement)) }}
{%- endmacro %}

{% macro default__replace_pattern(expression, pattern, replacement) -%}
    regexp_replace({{ expression }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}

{% macro spark__replace_pattern(expression, pattern, replacement) -%}
    regexp_replace({{ expression }}, '{{ pattern }}', '{{ replacement }}')
{%- endmacro %}

{#- A document or part number stripped to upper-case letters and digits without leading zeros (domain_rules 3.4.9 form 1). -#}
{% macro normalized_number(expression) -%}
    ltrim({{ replace_pattern('upper(coalesce(' ~ expression ~ ", ''))", '[^A-Z0-9]', '') }}, '0')
{%- endmacro %}

{#- A GTIN of 8, 12, 13 or 14 digits written with 14, spaces and dashes apart; null for anything else and for zeros alone. -#}
{% macro gtin_14(expression) -%}
    {%- set digits = replace_pattern(expression, '[ -]', '') -%}
    case
        when
            length({{ digits }}) in (8, 12, 13, 14)
            and {{ replace_pattern(digits, '[0-9]', '') }} = ''
            and ltrim({{ digits }}, '0') <> ''
            then lpad({{ digits }}, 14, '0')
    end
{%- endmacro %}

{#- The first group of the first match of a regular expression; empty text where it does not match. -#}
{% macro extracted(expression, pattern) -%}
    {{ return(adapter.dispatch('extracted', 'concord')(expression, pattern)) }}
{%- endmacro %}

{% macro default__extracted(expression, pattern) -%}
    regexp_extract({{ expression }}, '{{ pattern }}', 1)
{%- endmacro %}

{#- The list of the words of a text, parted by blanks. -#}
{% macro word_list(expression) -%}
    {{ return(adapter.dispatch('word_list', 'concord')(expression)) }}
{%- endmacro %}

{% macro default__word_list(expression) -%}
    string_split({{ expression }}, ' ')
{%- endmacro %}

{% macro spark__word_list(expression) -%}
    split({{ expression }}, ' ')
{%- endmacro %}

{#- One row per place of a list, from 1. -#}
{% macro places_of(words) -%}
    {{ return(adapter.dispatch('places_of', 'concord')(words)) }}
{%- endmacro %}

{% macro default__places_of(words) -%}
    unnest(range(1, len({{ words }}) + 1))
{%- endmacro %}

{% macro spark__places_of(words) -%}
    explode(sequence(1, size({{ words }})))
{%- endmacro %}

{#- The word at a place of a list, from 1. -#}
{% macro word_at(words, place) -%}
    {{ return(adapter.dispatch('word_at', 'concord')(words, place)) }}
{%- endmacro %}

{% macro default__word_at(words, place) -%}
    list_extract({{ words }}, {{ place }})
{%- endmacro %}

{% macro spark__word_at(words, place) -%}
    element_at({{ words }}, {{ place }})
{%- endmacro %}
