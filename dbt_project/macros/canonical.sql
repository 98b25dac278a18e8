{#- The rows of one system in the shape of the calling model's contract. The column list and its types live once, in
    the model's YAML; `missing` names what the system does not tell. The first column is `<entity>_key`. -#}
{% macro canonical_rows(relation, missing=[]) -%}
    {%- if execute and model is defined and model.columns -%}
    {%- for name in missing if name not in model.columns -%}
    {{ exceptions.raise_compiler_error(model.name ~ ' has no column ' ~ name) }}
    {%- endfor -%}
    select
        {%- for column in model.columns.values() %}
        {%- if loop.first %}
        {{ concord_key(['source_system', 'source_instance', 'native_id']) }} as {{ column.name }}
        {%- elif column.name in missing %}
        cast(null as {{ column.data_type }}) as {{ column.name }}
        {%- else %}
        cast({{ column.name }} as {{ column.data_type }}) as {{ column.name }}
        {%- endif %}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    {%- else -%}
    select * from {{ relation }}
    {%- endif -%}
{%- endmacro %}
