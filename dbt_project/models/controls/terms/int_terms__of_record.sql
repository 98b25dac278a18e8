-- One row per golden supplier and stretch of time: the payment terms that its record of record says (domain_rules 3.2, 3.6.4).
with

{# What a steward stated has no dates: past documents are not judged by it. -#}
golden as (
    select * from {{ ref('dim_supplier_value') }}
    where attribute = 'payment_term_code' and survival_rule <> 'STEWARD'
),
suppliers as (select * from {{ ref('can_supplier') }}),
versions as (select * from {{ ref('can_supplier_version') }}),

said as (
    select
        golden.supplier_key,
        golden.source_instance,
        golden.native_id,
        versions.payment_term_code,
        versions.recency,
        versions.changed_at,
        suppliers.updated_at,
        -- A newer version may bear an earlier time; none before it says anything from then on.
        min(cast(versions.changed_at as date)) over (
            partition by golden.supplier_key
            order by versions.recency desc nulls last
            rows between 1 following and unbounded following
        ) as valid_to,
        lag(versions.recency) over of_record is null as is_first
    from golden
    inner join suppliers
        on golden.source_instance = suppliers.source_instance and golden.native_id = suppliers.native_id
    inner join versions
        on golden.source_instance = versions.source_instance and golden.native_id = versions.native_id
    window of_record as (
        partition by golden.supplier_key
        order by versions.recency desc nulls last
    )
),

-- What a record said before its first known change is not known; where the source has no times it always said so.
stated as (
    select
        supplier_key,
        source_instance,
        native_id,
        payment_term_code,
        case when not is_first or updated_at is not null then cast(changed_at as date) end as valid_from,
        valid_to
    from said
    where payment_term_code is not null
),

-- Of several versions of one day the last is what the record said from that day on.
final as (select * from stated where valid_from is null or valid_to is null or valid_from < valid_to)

select * from final
