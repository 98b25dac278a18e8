-- One row per occurrence of a finding, open or closed, with its owner, cause and evidence: the public list of all findings.
with

occurrences as (select * from {{ ref('int_exception__occurrence') }}),
findings as (select * from {{ ref('int_finding__current') }}),
cures as (select * from {{ ref('int_exception__cure') }}),
codes as (select * from {{ ref('exception_code') }}),
routed as (select * from {{ ref('int_exception__route') }}),
evidence as (select * from {{ ref('int_exception__evidence') }}),
baselined as (select * from {{ ref('int_exception__baseline') }}),
names as (
    select code, {{ joined("vocabulary || ' ' || name", "vocabulary || ' ' || name", '; ') }} as other_names
    from {{ ref('exception_vocabulary') }}
    group by code
),
facilities as (
    select facility_code, min(facility_key) as facility_key from {{ ref('dim_facility') }} group by facility_code
),
run as (select * from {{ ref('stg_landscape__run') }}),

-- An open finding is told as it stands; a closed one as it was last said.
told as (
    select
        occurrences.*,
        findings.severity as found_severity,
        findings.cause_ratio,
        findings.proposed_quantity,
        coalesce(findings.cause_code, occurrences.cause_code) as told_cause_code,
        coalesce(findings.amount_at_risk, try_cast(occurrences.amount_at_risk as decimal(18, 2))) as told_amount,
        {%- for column in ['business_key', 'legal_entity_code', 'facility_code', 'supplier_key',
            'purchase_order_line_key', 'invoice_key'] %}
        coalesce(findings.{{ column }}, occurrences.{{ column }}) as told_{{ column }},
        {%- endfor %}
        coalesce(findings.quantity_at_risk, try_cast(occurrences.quantity_at_risk as decimal(18, 6)))
            as told_quantity
    from occurrences
    left join findings
        on
            occurrences.entity_type = findings.entity_type
            and occurrences.source_instance = findings.source_instance
            and case when occurrences.is_open then occurrences.native_id end = findings.native_id
            and occurrences.code = findings.code
),

final as (
    select
        {{ concord_key(['told.code', 'told.entity_type', 'told.source_instance', 'told.native_id',
            'told.occurrence_no']) }} as exception_id,
        told.code,
        coalesce(told.found_severity, codes.severity) as severity,
        codes.step as evaluation_step,
        told.entity_type,
        coalesce(told.told_business_key, told.native_id) as business_key,
        told.source_instance,
        told.native_id,
        told.occurrence_no,
        facilities.facility_key,
        told.told_facility_code as facility_code,
        told.told_supplier_key as supplier_key,
        told.told_legal_entity_code as legal_entity_code,
        told.told_amount as amount_at_risk,
        told.told_quantity as quantity_at_risk,
        told.told_cause_code as cause_code,
        told.cause_ratio,
        told.proposed_quantity,
        coalesce(evidence.evidence, told.open_fingerprint) as evidence,
        coalesce(own_routes.owner_role, routed.owner_role, codes.owner_role) as owner_role,
        coalesce(own_routes.channel, routed.channel) as channel,
        coalesce(own_routes.sla_hours, routed.sla_hours) as sla_hours,
        coalesce(own_routes.escalate_to, routed.escalate_to) as escalate_to,
        case
            when told.told_purchase_order_line_key is not null
                then {{ concord_key(["'purchase_order_line'", 'told.told_purchase_order_line_key']) }}
            when told.told_invoice_key is not null then {{ concord_key(["'invoice'", 'told.told_invoice_key']) }}
            else {{ concord_key(['told.entity_type', 'told.source_instance', 'told.native_id']) }}
        end as trace_id,
        told.first_seen_at,
        told.first_seen_on,
        case when told.is_open then run.known_at else told.closed_at end as last_seen_at,
        case when told.is_open then 'OPEN' else cures.status end as status,
        cures.cured_by,
        baselined.baselined_on,
        names.other_names,
        case when told.is_open then run.rule_set_version else told.rule_set_version end as rule_set_version
    from told
    cross join run
    inner join codes on told.code = codes.code
    left join names on told.code = names.code
    left join cures
        on
            told.entity_type = cures.entity_type
            and told.source_instance = cures.source_instance
            and told.native_id = cures.native_id
            and told.code = cures.code
            and told.occurrence_no = cures.occurrence_no
    left join baselined
        on
            told.entity_type = baselined.entity_type
            and told.source_instance = baselined.source_instance
            and told.native_id = baselined.native_id
            and told.code = baselined.code
            and told.occurrence_no = baselined.occurrence_no
    left join evidence
        on
            told.entity_type = evidence.entity_type
            and told.source_instance = evidence.source_instance
            and case when told.is_open then told.native_id end = evidence.native_id
            and told.code = evidence.code
    left join routed on told.code = routed.code and routed.entity_scope is null
    left join routed as own_routes
        on
            told.code = own_routes.code
            and told.told_legal_entity_code = own_routes.entity_scope
    left join facilities on told.told_facility_code = facilities.facility_code
)

select * from final
