{#- Surrogate keys: the first 32 hex characters of a sha256 over the pipe-joined parts, null as empty. -#}
{% macro concord_key(parts) -%}
    substr({{ sha256_hex(joined_parts(parts)) }}, 1, 32)
{%- endmacro %}

{% macro joined_parts(parts) -%}
    concat_ws('|'
    {%- for part in parts %}, coalesce(cast({{ part }} as string), ''){% endfor -%}
    )
{%- endmacro %}

{% macro sha256_hex(expression) -%}
    {{ return(adapter.dispatch('sha256_hex', 'concord')(expression)) }}
{%- endmacro %}

{% macro default__sha256_hex(expression) -%}
    sha256({{ expression }})
{%- endmacro %}

{% macro spark__sha256_hex(expression) -%}
    sha2({{ expression }}, 256)
{%- endmacro %}
