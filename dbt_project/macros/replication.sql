{#- Comparing a document with its copy in another system (domain_rules 3.15). -#}

{#- How the two differ; TIMING while the younger side changed less than the grace ago, which nobody is told. -#}
{% macro difference_class(left_value, right_value, kind, moved_at, grace_hours, judged_until) -%}
    case
        when
            coalesce(
                {{ seconds_between(moved_at, judged_until) }} <= {{ product(grace_hours, '3600') }},
                false
            )
            then 'TIMING'
        when {{ left_value }} is null then 'MISSING_LEFT'
        when {{ right_value }} is null then 'MISSING_RIGHT'
        else {{ kind }}
    end
{%- endmacro %}
