-- Every landed row is a new version, unchanged or rejected, and raw holds exactly the versions and deletions that were counted.
{{ config(meta={'dagster': {'ref': {'name': 'stg_apauto__invoice'}}}) }}
-- Shown as a check of a model, because a check needs one: depends_on {{ ref('stg_apauto__invoice') }}
with

batches as (select * from {{ source('raw_concord', 'load_batch') }} where status = 'LOADED'),

in_raw as (
    {%- for node in graph.sources.values() if node.source_name not in ('raw_concord', 'raw_landscape')
        and node.name != 'rejected_row' %}
    select '{{ node.source_name }}' as dataset, '{{ node.name }}' as table_name, _source_instance, _batch_id
    from {{ source(node.source_name, node.name) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

versions as (
    select dataset, table_name, _source_instance, _batch_id, count(*) as version_rows
    from in_raw
    group by dataset, table_name, _source_instance, _batch_id
)

select
    coalesce(batches.source_instance, versions._source_instance) as source_instance,
    coalesce(batches.table_name, versions.table_name) as table_name,
    batches.batch_id,
    batches.landed_rows,
    batches.new_version_rows,
    batches.deleted_rows,
    batches.unchanged_rows,
    batches.rejected_rows,
    versions.version_rows
from batches
full outer join versions
    on
        'raw_' || batches.source_system = versions.dataset
        and batches.table_name = versions.table_name
        and batches.source_instance = versions._source_instance
        and batches.batch_id = versions._batch_id
where
    coalesce(batches.new_version_rows, 0) + coalesce(batches.deleted_rows, 0) <> coalesce(versions.version_rows, 0)
    or batches.landed_rows <> batches.new_version_rows + batches.unchanged_rows + batches.rejected_rows
