-- What a reader of the domain rules (3.6.2) expects of exclusion lists, written without looking at the generator.
-- Read after oracle_systems.sql; the view has code, entity_type, native_id, cause.
create or replace view listed as
select root_name("BUSNAME") as root, nullif("NPI", '0000000000') as npi, upper("CITY") as city, "STATE" as region
from read_csv(getvariable('world') || '/exclusions/federal/screening_entry/*.csv', all_varchar = true)
where "REINDATE" = '00000000' or "REINDATE" > '20260630'
union all
select root_name("Provider Name"), nullif("NPI", ''), upper("City"), "State"
from read_csv(getvariable('world') || '/exclusions/state/screening_entry/*.csv', all_varchar = true);

-- The finance system's record stands for the supplier; procurement knows its address and provider number.
create or replace view onboarded as
select number as native_id, root_name(name) as root, "custom-fields.npi" as npi,
    upper("primary-address.city") as city, "primary-address.state" as region
from table_of('procurement/supplier') where id < 9000;

create or replace view screened as
select native_id, min(case
    when listed.npi = onboarded.npi then 1
    when listed.root = onboarded.root and listed.region = onboarded.region then 2
    when listed.city = onboarded.city and listed.region = onboarded.region
        and levenshtein(listed.root, onboarded.root) <= greatest(1, 0.08 * greatest(length(listed.root), length(onboarded.root)))
        then 3
end) as step
from listed cross join onboarded group by native_id having step is not null;

create or replace view finding_screening as
select ['HIT_CONFIRM', 'HIT_REVIEW', 'HIT_POSSIBLE'][step] as code, 'supplier' as entity_type, native_id,
    null::varchar as cause
from screened
union all
select 'SCREENING_STALE', 'screening_list', case publisher when 'federal' then 'LEIE' else 'STATE_MEDICAID' end, null
from (
    select split_part(file, '/', -3) as publisher, max(strptime(regexp_extract(file, '[0-9]{8}'), '%Y%m%d')::date) as day
    from glob(getvariable('world') || '/exclusions/*/screening_entry/*.csv') group by all
)
where date '2026-06-30' - day > 31;
