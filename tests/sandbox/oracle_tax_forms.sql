-- What a reader of the domain rules (3.6.5) expects of the 1099, written without looking at the generator.
-- Read after oracle_systems.sql; the view has code, entity_type, native_id, cause.
create or replace view finding_tax_form as
with bought as (
    select id::varchar as native_id, root_name(name) as root, "custom-fields.is-1099" as is_reported,
        "custom-fields.w9-date" as w9_date, regexp_matches(name, ', (Inc|Corp)') as is_corporation,
        "custom-fields.box-1099" as box
    from table_of('procurement/supplier')
)
select 'W9_MISSING' as code, 'supplier' as entity_type, native_id, null::varchar as cause
from bought where is_reported and w9_date is null and (not is_corporation or box = 'MISC-6')
union all
select 'FLAG_1099_DIFFERS', 'supplier', vendor_id, null
from table_of('erp_legacy/ps_vendor') join bought on root = root_name(name1)
where is_reported and wthd_sw = 'N';
