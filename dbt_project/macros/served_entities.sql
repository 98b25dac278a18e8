{#- The legal entities that an instance serves, as the landscape lists them (JSON text; none listed = any). -#}

{#- Whether documents of the entity may be meant by the instance; true where either is not known. -#}
{% macro may_serve(served, entity) -%}
    (
        coalesce({{ served }}, '[]') = '[]'
        or {{ entity }} is null
        or {{ served }} like '%"' || {{ entity }} || '"%'
    )
{%- endmacro %}

{#- The one entity that an instance serves; null where it serves several or none is listed. -#}
{% macro sole_entity(served) -%}
    nullif({{ extracted(served, '^ *. *"([^",]*)" *.$') }}, '')
{%- endmacro %}
