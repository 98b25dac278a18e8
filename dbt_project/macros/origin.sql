{#- Where a row comes from: the columns every staging model ends with and the keys built from source ids. -#}

{#- Call inside the select over `latest_known_version`. `recorded_at` = entry time in the source; `known_to` stays null
    because staging holds the latest version known; `key` names the row where it is not the raw row. -#}
{% macro origin_columns(system, recorded_at='_source_updated_at', known_from='_known_at', extension=none, key='_row_key') -%}
    '{{ system }}' as source_system,
        _source_instance as source_instance,
        {{ key }} as native_id,
        cast({{ recorded_at }} as timestamp) as source_recorded_at,
        cast(_source_version as bigint) as source_version,
        coalesce(_is_deleted, false) as is_deleted,
        _known_at as ingested_at,
        cast(_record_hash as string) as record_hash,
        {{ extension or "coalesce(_extension, '{}')" }} as extension,
        {{ known_from }} as known_from,
        cast(null as timestamp) as known_to
{%- endmacro %}

{#- A native id from its parts: joined with `|`, a `|` inside a part escaped by a backslash, null = empty. -#}
{% macro native_id(parts) -%}
    concat_ws('|'
    {%- for part in parts %}, replace(coalesce(cast({{ part }} as string), ''), '|', chr(92) || '|'){% endfor -%}
    )
{%- endmacro %}

{#- Upper case, punctuation as one blank, `&` as AND: two spellings that differ only in dress become equal. -#}
{% macro plain_name(expression) -%}
    trim({{ replace_pattern("replace(upper(coalesce(" ~ expression ~ ", '')), '&', ' AND ')", '[^A-Z0-9]+', ' ') }})
{%- endmacro %}

{#- `plain_name` without trailing legal forms (domain_rules 3.7), also where dots took them apart ("L.P."); two rounds
    take "CO LTD". -#}
{% macro normalized_name(expression) -%}
    {%- set forms = ' (INC|INCORPORATED|LLC|LTD|LIMITED|CORP|CORPORATION|CO|COMPANY|LP|LLP|PLLC|PC|PLC|GMBH|SA|BV'
        ~ '|L L C|L P|L L P|P L L C|P C|P L C|S A|B V)$' -%}
    {{ replace_pattern(replace_pattern(plain_name(expression), forms, ''), forms, '') }}
{%- endmacro %}
