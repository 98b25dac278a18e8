-- One row per supplier record that a target was asked to create: what it was told last of each attribute (domain_rules 3.6.7, 3.13).
with

deliveries as (
    select * from {{ ref('can_delivery') }}
    where entity = 'supplier' and state in ('CONFIRMED', 'SENT', 'ACKED', 'UNKNOWN')
),

-- What the target confirmed goes before what is still on its way.
ranked as (
    select
        deliveries.*,
        row_number() over (
            partition by target, posting_key
            order by case when state = 'CONFIRMED' then 0 else 1 end, occurrence desc nulls last
        ) as preference
    from deliveries
),

final as (
    select
        target as target_instance,
        posting_key,
        {%- for name in ['source_instance', 'native_id', 'legal_name', 'tax_id', 'tax_id_type', 'payment_term_code'] %}
        {{ json_text('payload', name) }} as {{ name }},
        {%- endfor %}
        state
    from ranked
    where preference = 1
)

select * from final
