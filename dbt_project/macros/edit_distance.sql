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
