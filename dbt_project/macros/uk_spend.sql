{#- Published payment files carry everything in one line; these are the ids and names hidden in its texts (mechanics:
    Keys). Used by the staging models of `uk_spend` only. -#}

{#- Latest lines with their parsed parts. Texts: "(55040) Admin", "(id:2002419) Cancer Services", "NAME:03529700". -#}
{% macro uk_spend_payment_lines() -%}
    select
        parsed.*,
        coalesce(
            supplier_number, nullif({{ plain_name('supplier_name') }}, ''), upper(supplier_name)
        ) as supplier_id
    from (
        select
            _source_instance as source_instance,
            _row_key as native_id,
            _is_deleted as is_deleted,
            _known_at as known_at,
            cast(_record_hash as string) as record_hash,
            coalesce(_extension, '{}') as extension,
            department_family,
            entity,
            payment_date,
            amount,
            {{ native_id(["replace(transaction_number, 'id:', '')", 'payment_date']) }} as invoice_id,
            replace(transaction_number, 'id:', '') as invoice_number,
            {{ uk_spend_code('expense_type', '(') }} as account_code,
            {{ uk_spend_words('expense_type', '(') }} as account_name,
            {{ uk_spend_code('expense_area', '(id:') }} as cost_center_code,
            {{ uk_spend_words('expense_area', '(id:') }} as cost_center_name,
            trim(split_part(supplier, ':', 1)) as supplier_name,
            case
                when trim(split_part(supplier, ':', 2)) not like '% %'
                    then nullif(trim(split_part(supplier, ':', 2)), '')
            end as supplier_number
        from ({{ latest_known_version(source('raw_uk_spend', 'payment_line')) }}) as latest
    ) as parsed
{%- endmacro %}

{#- The code between the opening and the first closing bracket; a text without one is its own code. -#}
{% macro uk_spend_code(text, opening) -%}
    case
        when {{ text }} like '{{ opening }}%)%'
            then trim(split_part(substr({{ text }}, {{ opening | length + 1 }}), ')', 1))
        else upper({{ text }})
    end
{%- endmacro %}

{#- The words after the first closing bracket; a text without one is its own words. -#}
{% macro uk_spend_words(text, opening) -%}
    case
        when {{ text }} like '{{ opening }}%)%'
            then coalesce(nullif(trim(substr({{ text }}, instr({{ text }}, ')') + 1)), ''), {{ text }})
        else {{ text }}
    end
{%- endmacro %}

{#- Origin of a row that summarizes payment lines; needs `is_deleted`, `ingested_at`, `known_from` before it. -#}
{% macro uk_spend_origin(native_id, content) -%}
    'uk_spend' as source_system,
        source_instance,
        {{ native_id }} as native_id,
        cast(null as timestamp) as source_recorded_at,
        cast(null as bigint) as source_version,
        is_deleted,
        ingested_at,
        {{ sha256_hex(joined_parts(content)) }} as record_hash,
        '{}' as extension,
        known_from,
        cast(null as timestamp) as known_to
{%- endmacro %}

{#- What a group of payment lines has in common; deleted lines count for nothing. -#}
{% macro uk_spend_summary() -%}
    sum(case when is_deleted then 0 else amount end) as net_amount,
        min(case when is_deleted then 1 else 0 end) = 1 as is_deleted,
        max(known_at) as ingested_at,
        min(known_at) as known_from
{%- endmacro %}
