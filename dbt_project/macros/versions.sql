{#- Versions known at the run's `known_at`; `_recency` 1 is the latest of its key: source version, then source time,
    then the time Concord first knew it (mechanics: Instances in raw). -#}
{% macro known_versions(table) -%}
    select
        versions.*,
        row_number() over (
            partition by versions._source_instance, versions._row_key
            order by
                versions._source_version desc nulls last,
                versions._source_updated_at desc nulls last,
                versions._known_at desc nulls last,
                versions._version desc nulls last
        ) as _recency
    from {{ table }} as versions
    where versions._known_at <= (select max(run.known_at) from {{ source('raw_landscape', 'run') }} as run)
{%- endmacro %}

{% macro latest_known_version(table) -%}
    select * from (
        {{ known_versions(table) }}
    ) as ranked
    where _recency = 1
{%- endmacro %}
