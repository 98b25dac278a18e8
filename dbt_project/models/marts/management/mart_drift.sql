-- One row per reconciliation, pair of systems, legal entity, currency and day: documents that differ since that day, how many and how much (domain_rules 3.15).
with

differences as (select * from {{ ref('rec_document_vs_replica') }}),

-- A document that differs in several fields is one; a break in any of them is a break.
documents as (
    select
        as_of_date,
        recon,
        domain,
        left_instance,
        right_instance,
        coalesce(legal_entity_code, 'UNKNOWN') as legal_entity_code,
        currency_code,
        entity_type,
        source_instance,
        native_id,
        min(case when difference_class <> 'TIMING' then first_seen_on end) as broken_on,
        min(first_seen_on) as seen_on,
        {%- for kind in ['MISSING_LEFT', 'MISSING_RIGHT', 'VALUE', 'STATUS'] %}
        max(case when difference_class = '{{ kind }}' then 1 else 0 end) as {{ kind | lower }},
        {%- endfor %}
        max(case when difference_class <> 'TIMING' then abs(amount_at_risk) end) as break_amount,
        max(abs(amount_at_risk)) as amount
    from differences
    group by
        as_of_date, recon, domain, left_instance, right_instance, coalesce(legal_entity_code, 'UNKNOWN'), currency_code,
        entity_type, source_instance, native_id
),

final as (
    select
        as_of_date,
        recon,
        domain,
        left_instance,
        right_instance,
        legal_entity_code,
        currency_code,
        coalesce(broken_on, seen_on) as first_seen_on,
        cast({{ days_between('coalesce(broken_on, seen_on)', 'as_of_date') }} as bigint) as age_days,
        count(*) as document_count,
        {%- for kind in ['missing_left', 'missing_right', 'value', 'status'] %}
        cast(sum({{ kind }}) as bigint) as {{ kind }}_count,
        {%- endfor %}
        count(*) - count(broken_on) as timing_count,
        {{ money('coalesce(sum(case when broken_on is null then amount end), 0)') }} as timing_amount,
        count(broken_on) as break_count,
        {{ money('coalesce(sum(break_amount), 0)') }} as break_amount
    from documents
    group by
        as_of_date, recon, domain, left_instance, right_instance, legal_entity_code, currency_code,
        coalesce(broken_on, seen_on)
)

select * from final
