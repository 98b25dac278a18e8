-- One row per entry of an exclusion list of a feed, latest version known (domain_rules 3.6.2).
with

latest as ({{ latest_known_version(source('raw_feed', 'screening_entry')) }}),

final as (
    select
        coalesce(list_code, _source_instance) as list_code,
        last_name,
        first_name,
        middle_name,
        business_name,
        general,
        specialty,
        upin,
        -- A list writes zeros for a party without a number.
        case when ltrim(npi, '0') <> '' then npi end as npi,
        address,
        city,
        upper(region) as region,
        postal_code,
        exclusion_type,
        excluded_on,
        reinstated_on,
        waived_on,
        upper(waiver_region) as waiver_region,
        file_date,
        {{ origin_columns('feed') }}
    from latest
)

select * from final
