-- One row per supplier: the published id, else the normalized name; its latest spelling is its name.
with

payment_lines as ({{ uk_spend_payment_lines() }}),

spellings as (
    select
        source_instance,
        supplier_id,
        supplier_number,
        supplier_name,
        max(case when not is_deleted then payment_date end) as last_paid_on,
        {{ uk_spend_summary() }}
    from payment_lines
    group by source_instance, supplier_id, supplier_number, supplier_name
),

suppliers as (
    select
        source_instance,
        supplier_id,
        supplier_number,
        supplier_name,
        row_number() over (
            partition by source_instance, supplier_id
            order by is_deleted, last_paid_on desc nulls last, supplier_name nulls last
        ) as recency,
        min(case when is_deleted then 1 else 0 end) over (partition by source_instance, supplier_id) = 1 as is_deleted,
        max(ingested_at) over (partition by source_instance, supplier_id) as ingested_at,
        min(known_from) over (partition by source_instance, supplier_id) as known_from
    from spellings
),

final as (
    select
        supplier_id,
        supplier_number,
        supplier_name as legal_name,
        'ACTIVE' as status,
        'GBP' as currency_code,
        {{ uk_spend_origin(native_id(['supplier_id']), ['supplier_number', 'supplier_name']) }}
    from suppliers
    where recency = 1
)

select * from final
