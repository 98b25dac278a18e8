-- What a reader of the domain rules (3.6.1) expects of tax ids, written without looking at the generator.
-- Read after oracle_systems.sql; the view has code, entity_type, native_id, cause.
create or replace view tax_id_record as
select instance, native_id, supplier, digits_of(tax_id) as digits
from supplier_record join whose using (instance, native_id) where tax_id is not null;

create or replace view finding_tax_id as
select 'TIN_PLACEHOLDER' as code, 'supplier' as entity_type, native_id, null::varchar as cause
from tax_id_record where digits = '123456789'
union all
select 'TIN_SHARED', 'supplier', native_id, null from tax_id_record
where digits <> '123456789'
    and digits in (select digits from tax_id_record group by digits having count(distinct supplier) > 1);
