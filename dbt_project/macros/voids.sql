{#- Whether a document was void on the business day the run looks at. Where the source says when, that day decides. -#}
{% macro is_void(invoice, run) -%}
    case
        when {{ invoice }}.voided_at is not null then {{ invoice }}.voided_at < {{ run }}.as_of_ends_at
        else coalesce({{ invoice }}.status in ('VOID', 'REJECTED'), false)
    end
{%- endmacro %}
