{#- The rows of one system in the shape of the calling model's contract. The column list and its types live once, in
    the model's YAML; `missing` names what the system does not tell. The first column is `<entity>_key`. Rows of a feed
    come from the landscape's own staging model where it has one for the instance. -#}
{% macro canonical_rows(relation, missing=[]) -%}
    {%- set own = fromjson(own_staging()).get(model.name[4:], {}) if relation == 'feed' and model is defined else {} -%}
    {{ canonical_select(relation, missing) }}
    {%- if own %}
    where source_instance not in ('{{ own | join("', '") }}')
    {%- endif %}
    {%- for staging in own.values() %}
    union all
    {{ canonical_select(ref(staging), missing) }}
    {%- endfor %}
{%- endmacro %}

{% macro canonical_select(relation, missing) -%}
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
