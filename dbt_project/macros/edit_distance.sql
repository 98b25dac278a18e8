{#- How far two texts are apart. -#}

{#- One character added, lost or replaced, or two neighbors swapped (a typing error); equal texts are not. -#}
{% macro is_one_edit_apart(a, b) -%}
    {{ return(adapter.dispatch('is_one_edit_apart', 'concord')(a, b)) }}
{%- endmacro %}

{% macro default__is_one_edit_apart(a, b) -%}
    (damerau_levenshtein({{ a }}, {{ b }}) = 1)
{%- endmacro %}

{#- Spark counts a swap as two replacements: equal letters, in another order. -#}
{% macro spark__is_one_edit_apart(a, b) -%}
    (
        levenshtein({{ a }}, {{ b }}) = 1
        or (levenshtein({{ a }}, {{ b }}) = 2 and sort_array(split({{ a }}, '')) = sort_array(split({{ b }}, '')))
    )
{%- endmacro %}

{#- Of two numbers one edit apart: may they simply follow each other? One character was replaced, at the end or by its
    neighbor (1041 and 1042, 42-26 and 43-26), not swapped, lost or added; `a_short`, `b_short` are without letters. -#}
{% macro is_near_in_sequence(a, b, a_short, b_short) -%}
    {%- set apart -%}
        abs(try_cast({{ a_short }} as decimal(38, 0)) - try_cast({{ b_short }} as decimal(38, 0)))
    {%- endset -%}
    (
        length({{ a }}) = length({{ b }})
        and {{ replaced_letters(a, b) }} = 1
        and coalesce({{ apart }} < 10 or rtrim(cast({{ apart }} as string), '0') = '1', true)
    )
{%- endmacro %}

{#- How many characters were replaced, lost or added; a swap counts twice. -#}
{% macro replaced_letters(a, b) -%}
    {{ return(adapter.dispatch('replaced_letters', 'concord')(a, b)) }}
{%- endmacro %}

{% macro default__replaced_letters(a, b) -%}
    levenshtein({{ a }}, {{ b }})
{%- endmacro %}

{% macro spark__replaced_letters(a, b) -%}
    levenshtein({{ a }}, {{ b }})
{%- endmacro %}
