-- One row per party that an exclusion list excludes today, with the names it may go by (domain_rules 3.6.2).
with

entries as (select * from {{ ref('can_screening_entry') }} where not is_deleted),
run as (select * from {{ ref('stg_landscape__run') }}),

named as (
    select
        entries.*,
        {{ concord_key(['list_code', 'npi', plain_name('business_name'), plain_name('last_name'),
            plain_name('first_name'), 'excluded_on']) }} as entry_reference,
        nullif({{ normalized_name('business_name') }}, '') as business,
        nullif({{ plain_name('last_name') }}, '') as last_word,
        nullif({{ plain_name('first_name') }}, '') as first_word,
        nullif({{ plain_name('middle_name') }}, '') as middle_word,
        nullif(substr({{ replace_pattern("coalesce(postal_code, '')", '[^0-9]', '') }}, 1, 5), '') as zip
    from entries
    cross join run
    where
        coalesce(excluded_on <= run.as_of, true)
        and coalesce(reinstated_on > run.as_of, true)
),

-- One party in two files of one list is one party; the newest word counts.
final as (
    select
        *,
        case when npi is not null and {{ is_npi('npi') }} then npi end as valid_npi,
        coalesce(business_name, concat_ws(' ', first_name, middle_name, last_name)) as listed_name
    from (
        select
            named.*,
            row_number() over (
                partition by named.entry_reference, coalesce(named.region, ''), coalesce(named.zip, '')
                order by named.ingested_at desc nulls last, named.screening_entry_key
            ) as recency
        from named
    ) as ranked
    where recency = 1
)

select * from final
