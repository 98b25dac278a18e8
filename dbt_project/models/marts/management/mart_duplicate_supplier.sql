-- One row per active supplier record that repeats one of its system: the one to keep, why, and what is bought under it (K3).
with

records as (select * from {{ ref('dim_supplier_record') }} where coalesce(status, 'ACTIVE') = 'ACTIVE'),
spend as (
    select * from {{ ref('mart_spend') }}
    where coalesce(charge_class, 'GOODS') not in ('TAX_SALES', 'TAX_USE')
),
findings as (
    select * from {{ ref('exc_exception') }}
    where code = 'DUPLICATE_SUPPLIER' and entity_type = 'supplier' and status = 'OPEN'
),

bought as (
    select
        source_instance,
        supplier_id,
        sum(spend_amount) as spend_amount
    from spend
    group by source_instance, supplier_id
),

-- Of several records of a system the first survives, as the finding about the others says.
ranked as (
    select
        records.*,
        coalesce(bought.spend_amount, 0) as spend_amount,
        row_number() over (
            partition by records.source_instance, records.supplier_key order by records.native_id
        ) as record_rank
    from records
    left join bought on records.source_instance = bought.source_instance and records.native_id = bought.supplier_id
),

final as (
    select
        repeated.source_instance,
        repeated.native_id,
        repeated.supplier_number,
        repeated.legal_name,
        repeated.supplier_key,
        kept.native_id as kept_native_id,
        kept.supplier_number as kept_supplier_number,
        kept.legal_name as kept_legal_name,
        findings.cause_code,
        repeated.link_method,
        repeated.link_confidence,
        {{ money('repeated.spend_amount') }} as spend_amount,
        {{ money('kept.spend_amount') }} as kept_spend_amount,
        findings.first_seen_at
    from ranked as repeated
    inner join ranked as kept
        on
            repeated.source_instance = kept.source_instance
            and repeated.supplier_key = kept.supplier_key
            and kept.record_rank = 1
    left join findings
        on repeated.source_instance = findings.source_instance and repeated.native_id = findings.native_id
    where repeated.record_rank > 1
)

select * from final
