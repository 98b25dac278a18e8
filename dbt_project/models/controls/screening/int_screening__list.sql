-- One row per exclusion list: its newest edition and whether that is recent enough (domain_rules 3.6.2).
with

entries as (select * from {{ ref('can_screening_entry') }}),
editions as (select * from {{ ref('can_screening_edition') }}),
parameters as (select * from {{ ref('stg_landscape__parameter') }}),
run as (select * from {{ ref('stg_landscape__run') }}),

newest as (
    select
        editions.source_instance,
        max(editions.file_date) as file_date
    from editions
    cross join run
    where editions.file_date <= run.as_of
    group by editions.source_instance
),

lists as (
    select
        entries.source_instance,
        entries.list_code,
        coalesce(max(entries.file_date), max(newest.file_date), max(cast(entries.ingested_at as date))) as listed_on,
        sum(case when entries.is_deleted then 0 else 1 end) as entry_count
    from entries
    left join newest on entries.source_instance = newest.source_instance
    group by entries.source_instance, entries.list_code
),

-- A row for one list, named as the document type, goes before the row for all.
limits as (
    select
        lists.source_instance,
        lists.list_code,
        max(case when parameter_code = 'SCREENING_DAYS' and document_type is null then try_cast(value as integer) end)
            as usual_days,
        max(
            case
                when parameter_code = 'SCREENING_DAYS' and upper(document_type) = upper(lists.list_code)
                    then try_cast(value as integer)
            end
        ) as own_days,
        max(
            case
                when parameter_code = 'SCREENING_REGION' and upper(document_type) = upper(lists.list_code)
                    then upper(value)
            end
        ) as region
    from lists
    cross join run
    inner join parameters on {{ in_interval('run.as_of', 'parameters.valid_from', 'parameters.valid_to') }}
    group by lists.source_instance, lists.list_code
),

final as (
    select
        lists.source_instance,
        lists.list_code,
        lists.listed_on,
        lists.entry_count,
        limits.region,
        coalesce(limits.own_days, limits.usual_days, 31) as allowed_days,
        {{ days_between('lists.listed_on', 'run.as_of') }} as age_days,
        {{ days_between('lists.listed_on', 'run.as_of') }} > coalesce(limits.own_days, limits.usual_days, 31)
            as is_stale
    from lists
    cross join run
    left join limits on lists.source_instance = limits.source_instance and lists.list_code = limits.list_code
)

select * from final
