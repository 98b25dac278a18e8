-- One row per entity, code and occurrence: a code can appear, clear and come back (domain_rules 3.4.5).
with

history as (select * from {{ ref('int_verdict__history') }}),
codes as (select * from {{ ref('exception_code') }}),

ever as (
    select
        history.entity_type,
        history.source_instance,
        history.native_id,
        codes.code
    from history
    inner join codes on ',' || history.codes || ',' like '%,' || codes.code || ',%'
    -- What is wrong with the whole invoice is one finding of the invoice, not one of each line.
    where history.codes <> '' and not (history.entity_type = 'invoice_line' and codes.is_invoice_level)
    group by history.entity_type, history.source_instance, history.native_id, codes.code
),

presence as (
    select
        ever.entity_type,
        ever.source_instance,
        ever.native_id,
        ever.code,
        history.seq,
        history.known_at,
        history.as_of,
        history.match_status,
        history.fingerprint,
        ',' || history.codes || ',' like '%,' || ever.code || ',%' as is_present
    from ever
    inner join history
        on
            ever.entity_type = history.entity_type
            and ever.source_instance = history.source_instance
            and ever.native_id = history.native_id
),

stepped as (
    select
        presence.*,
        coalesce(
            lag(presence.is_present) over (
                partition by presence.entity_type, presence.source_instance, presence.native_id, presence.code
                order by presence.seq
            ),
            false
        ) as was_present
    from presence
),

numbered as (
    select
        stepped.*,
        cast(sum(case when stepped.is_present and not stepped.was_present then 1 else 0 end) over (
            partition by stepped.entity_type, stepped.source_instance, stepped.native_id, stepped.code
            order by stepped.seq
            rows between unbounded preceding and current row
        ) as integer) as occurrence_no
    from stepped
),

bounds as (
    select
        entity_type,
        source_instance,
        native_id,
        code,
        occurrence_no,
        min(case when is_present then known_at end) as first_seen_at,
        min(case when is_present then as_of end) as first_seen_on,
        max(case when is_present then seq end) as last_seq,
        min(case when not is_present then seq end) as closed_seq
    from numbered
    where occurrence_no > 0
    group by entity_type, source_instance, native_id, code, occurrence_no
),

final as (
    select
        bounds.entity_type,
        bounds.source_instance,
        bounds.native_id,
        bounds.code,
        bounds.occurrence_no,
        bounds.first_seen_at,
        bounds.first_seen_on,
        bounds.closed_seq is null as is_open,
        closing.known_at as closed_at,
        closing.match_status as closed_status,
        opening.fingerprint as open_fingerprint,
        {%- for column, list in [('cause_code', 'causes'), ('amount_at_risk', 'amounts'),
            ('quantity_at_risk', 'quantities')] %}
        {%- set said = "',' || " ~ json_text('opening.fingerprint', list) ~ " || ','" %}
        nullif(split_part(split_part({{ said }}, ',' || bounds.code || '=', 2), ',', 1), '') as {{ column }},
        {%- endfor %}
        {%- for column in ['business_key', 'legal_entity_code', 'facility_code', 'supplier_key',
            'purchase_order_line_key', 'invoice_key', 'rule_set_version'] %}
        {{ json_text('opening.fingerprint', column) }} as {{ column }},
        {%- endfor %}
        closing.fingerprint as closed_fingerprint
    from bounds
    inner join history as opening
        on
            bounds.entity_type = opening.entity_type
            and bounds.source_instance = opening.source_instance
            and bounds.native_id = opening.native_id
            and bounds.last_seq = opening.seq
    left join history as closing
        on
            bounds.entity_type = closing.entity_type
            and bounds.source_instance = closing.source_instance
            and bounds.native_id = closing.native_id
            and bounds.closed_seq = closing.seq
)

select * from final
