{#- JSON text in the `extension` columns; engines differ in how they build and read it. -#}

{#- A JSON object as text from a mapping of name -> SQL expression. -#}
{% macro json_object(pairs) -%}
    {{ return(adapter.dispatch('json_object', 'concord')(pairs)) }}
{%- endmacro %}

{% macro default__json_object(pairs) -%}
    cast(json_object(
        {% for name, value in pairs.items() %}'{{ name }}', {{ value }}{{ ', ' if not loop.last }}{% endfor %}
    ) as string)
{%- endmacro %}

{% macro spark__json_object(pairs) -%}
    to_json(
        named_struct(
            {% for name, value in pairs.items() %}'{{ name }}', {{ value }}{{ ', ' if not loop.last }}{% endfor %}
        ),
        map('ignoreNullFields', 'false')
    )
{%- endmacro %}

{#- The text of a JSON array of strings as a value for `json_object`. -#}
{% macro json_array(expression) -%}
    {{ return(adapter.dispatch('json_array', 'concord')(expression)) }}
{%- endmacro %}

{% macro default__json_array(expression) -%}
    try_cast({{ expression }} as json)
{%- endmacro %}

{% macro spark__json_array(expression) -%}
    from_json({{ expression }}, 'array<string>')
{%- endmacro %}

{#- One top-level member of a JSON object as text, null where it is absent. -#}
{% macro json_text(expression, name) -%}
    {{ return(adapter.dispatch('json_text', 'concord')(expression, name)) }}
{%- endmacro %}

{% macro default__json_text(expression, name) -%}
    json_extract_string({{ expression }}, '$.{{ name }}')
{%- endmacro %}

{% macro spark__json_text(expression, name) -%}
    get_json_object({{ expression }}, '$.{{ name }}')
{%- endmacro %}

{#- The source's undeclared fields (`_extension`) and after them the named members. -#}
{% macro extension_with(pairs) -%}
    '{' || case
            when coalesce(_extension, '{}') = '{}' then ''
            else substr(_extension, 2, length(_extension) - 2) || ','
        end || substr({{ json_object(pairs) }}, 2)
{%- endmacro %}
