{#- The landscape's own staging models of feed instances as JSON: entity -> instance -> model. Written anew when a landscape
    with such models is laid over the project. -#}
{% macro own_staging() -%}
    {}
{%- endmacro %}
