-- What a reader of the domain rules (3.6.3) expects of diversity certificates, written without looking at the generator.
-- Read after oracle_systems.sql; the view has code, entity_type, native_id, cause.
create or replace view diversity_certificate as
select id::varchar as native_id, parent as supplier, code, "effective-date" as starts_on, "expiration-date" as ends_on
from table_of('procurement/supplier_certificate');

create or replace view finding_certificate as
select 'CERTIFICATE_EXPIRED' as code, 'supplier_certificate' as entity_type, native_id, null::varchar as cause
from diversity_certificate as ended
where ends_on < date '2026-06-30' and not exists (from diversity_certificate as later
    where later.supplier = ended.supplier and later.code = ended.code and later.ends_on >= date '2026-06-30')
union all
select 'OWNERSHIP_CONFLICT', 'supplier_certificate', one.native_id, 'OWNED_AND_NONPROFIT'
from diversity_certificate as one join diversity_certificate as other using (supplier)
where (one.code = 'NPO') <> (other.code = 'NPO') and one.code not in ('SBE', 'HUBZone') and other.code not in ('SBE', 'HUBZone')
    and one.starts_on <= other.ends_on and other.starts_on <= one.ends_on;
