-- One row per golden supplier that a system says a 1099 reports: does it have to, and is the form of its tax id there (domain_rules 3.6.5)?
with

suppliers as (select * from {{ ref('can_supplier') }} where not is_deleted and coalesce(status <> 'INACTIVE', true)),
records as (select * from {{ ref('dim_supplier_record') }}),
certificates as (select * from {{ ref('dim_supplier_certificate') }} where certificate_type like 'W%'),
run as (select * from {{ ref('stg_landscape__run') }}),

filed as (
    select
        certificates.supplier_key,
        max(case when certificates.certificate_type like 'W9%' then 1 else 0 end) as has_w9,
        max(case when certificates.certificate_type like 'W8%' then 1 else 0 end) as has_w8
    from certificates
    inner join run on {{ in_interval('run.as_of', 'certificates.valid_from', 'certificates.valid_to') }}
    group by certificates.supplier_key
),

told as (
    select
        records.supplier_key,
        suppliers.source_instance,
        suppliers.native_id,
        suppliers.is_1099,
        {{ replace_pattern("upper(coalesce(suppliers.box_1099, ''))", '[^A-Z0-9]', '') }} as box,
        coalesce(suppliers.tax_country <> 'US', false) as is_foreign,
        {{ extracted(plain_name('suppliers.legal_name'), ' (INC|INCORPORATED|CORP|CORPORATION|PC)$') }} <> ''
            as is_corporation,
        suppliers.w9_date,
        -- The system that keeps these dates is where one is missing.
        max(case when suppliers.w9_date is null then 0 else 1 end) over (partition by suppliers.source_instance)
            as keeps_dates
    from suppliers
    inner join records
        on suppliers.source_instance = records.source_instance and suppliers.native_id = records.native_id
),

judged as (
    select
        supplier_key,
        max(case when is_1099 then 1 else 0 end) as is_flagged,
        max(case when is_1099 then nullif(box, '') end) as box,
        max(case when is_foreign then 1 else 0 end) as is_foreign,
        max(case when is_corporation then 1 else 0 end) as is_corporation,
        max(w9_date) as w9_date
    from told
    group by supplier_key
),

chosen as (
    select
        told.*,
        row_number() over (
            partition by told.supplier_key
            order by told.keeps_dates desc nulls last, told.source_instance, told.native_id
        ) as preference
    from told
    where told.is_1099
),

{# Medical and health care (box 6 of the MISC) and lawyers (box 10) are reported of corporations too. -#}
final as (
    select
        judged.supplier_key,
        chosen.source_instance,
        chosen.native_id,
        judged.box,
        judged.is_corporation = 1 as is_corporation,
        judged.is_foreign = 1 or coalesce(filed.has_w8, 0) = 1 as is_foreign,
        judged.w9_date,
        judged.is_foreign = 0
        and coalesce(filed.has_w8, 0) = 0
        and (judged.is_corporation = 0 or coalesce(judged.box in ('6', 'MISC6', '10', 'MISC10'), false))
            as is_reportable,
        coalesce(judged.w9_date <= run.as_of, false) or coalesce(filed.has_w9, 0) = 1 as has_w9
    from judged
    cross join run
    inner join chosen on judged.supplier_key = chosen.supplier_key and chosen.preference = 1
    left join filed on judged.supplier_key = filed.supplier_key
    where judged.is_flagged = 1
)

select * from final
