{#- Tolerances: which row of the seed applies, and whether a difference breaks it (domain_rules 3.1, 3.4.8). -#}

{#- Rows whose scope fits; `subject` carries supplier_number, facility_code, facility_type, legal_entity_code, category_code,
    document_type and on_date. -#}
{% macro scope_fits(rule, subject) -%}
    ({{ rule }}.supplier is null or {{ rule }}.supplier = {{ subject }}.supplier_number)
    and ({{ rule }}.facility is null or {{ rule }}.facility = {{ subject }}.facility_code)
    and ({{ rule }}.facility_type is null or {{ rule }}.facility_type = {{ subject }}.facility_type)
    and ({{ rule }}.entity is null or {{ rule }}.entity = {{ subject }}.legal_entity_code)
    and (
        {{ rule }}.category is null
        or substr(coalesce({{ subject }}.category_code, ''), 1, length({{ rule }}.category)) = {{ rule }}.category
    )
    and ({{ rule }}.document_type is null or {{ rule }}.document_type = {{ subject }}.document_type)
    and {{ in_interval(subject ~ '.on_date', rule ~ '.valid_from', rule ~ '.valid_to') }}
{%- endmacro %}

{#- The specificity tuple, most specific first: no sum of lower criteria beats a higher one. -#}
{% macro scope_specificity(rule) -%}
    case when {{ rule }}.supplier is null then '0' else '1' end
    || case when {{ rule }}.facility is null then '0' else '1' end
    || case when {{ rule }}.facility_type is null then '0' else '1' end
    || case when {{ rule }}.entity is null then '0' else '1' end
    || lpad(cast(coalesce(length({{ rule }}.category), 0) as string), 2, '0')
    || case when {{ rule }}.document_type is null then '0' else '1' end
{%- endmacro %}

{#- Is a positive variance beyond the tolerance row `rule`? Strictly beyond: on the limit passes. Without any row nothing is
    tolerated; a row with both limits null tolerates everything. -#}
{% macro is_beyond(amount, share_amount, share_base, rule, side='upper') -%}
    case
        when {{ rule }}.check_code is null then {{ share_amount }} > 0
        when {{ rule }}.combine = 'ANY' then
            {{ share_amount }} > 0
            and ({{ rule }}.{{ side }}_abs is not null or {{ rule }}.{{ side }}_pct is not null)
            and ({{ rule }}.{{ side }}_abs is null or {{ amount }} > {{ rule }}.{{ side }}_abs)
            and ({{ rule }}.{{ side }}_pct is null or {{ share_amount }} > {{ product(rule ~ '.' ~ side ~ '_pct', share_base) }})
        else
            coalesce({{ share_amount }} > 0 and {{ amount }} > {{ rule }}.{{ side }}_abs, false)
            or coalesce({{ share_amount }} > 0 and {{ share_amount }} > {{ product(rule ~ '.' ~ side ~ '_pct', share_base) }}, false)
    end
{%- endmacro %}

{#- Whom a tolerance row is for, in words; a row without scope is for all. -#}
{% macro scope_words(rule) -%}
    coalesce(nullif(concat_ws(', '
        {%- for name in ['supplier', 'facility', 'facility_type', 'entity', 'category', 'document_type'] -%}
        , '{{ name | replace('_', ' ') }} ' || {{ rule }}.{{ name }}
        {%- endfor %}), ''), 'all')
{%- endmacro %}
