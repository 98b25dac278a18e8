-- One row per occurrence of a finding, open or closed, with its owner, cause and evidence: the public list of all findings.
with

occurrences as (select * from {{ ref('int_exception__occurrence') }}),
findings as (select * from {{ ref('int_finding__current') }}),
cures as (select * from {{ ref('int_exception__cure') }}),
codes as (select * from {{ ref('exception_code') }}),
routes as (select * from {{ ref('stg_landscape__route') }}),
evidence as (select * from {{ ref('int_exception__evidence') }}),
matches as (select * from {{ ref('rec_invoice_line_vs_purchase_order_line') }}),
facilities as (
    select facility_code, min(facility_key) as facility_key from {{ ref('dim_facility') }} group by facility_code
),
run as (select * from {{ ref('stg_landscape__run') }}),

routed as (
    select
        codes.code,
        routes.owner_role,
        row_number() over (
            partition by codes.code
            order by length(replace(routes.code_pattern, '*', '')) desc nulls last, routes.owner_role
        ) as preference
    from codes
    inner join routes
        on
            codes.code = routes.code_pattern
            or (
                substr(routes.code_pattern, length(routes.code_pattern), 1) = '*'
                and substr(codes.code, 1, length(routes.code_pattern) - 1)
                = substr(routes.code_pattern, 1, length(routes.code_pattern) - 1)
            )
    where routes.entity_scope is null
),

final as (
    select
        {{ concord_key(['occurrences.code', 'occurrences.entity_type', 'occurrences.source_instance',
            'occurrences.native_id', 'occurrences.occurrence_no']) }} as exception_id,
        occurrences.code,
        coalesce(findings.severity, codes.severity) as severity,
        occurrences.entity_type,
        coalesce(
            findings.business_key,
            matches.invoice_number || '|' || coalesce(cast(matches.line_number as string), ''),
            occurrences.native_id
        ) as business_key,
        occurrences.source_instance,
        occurrences.native_id,
        occurrences.occurrence_no,
        facilities.facility_key,
        findings.facility_code,
        findings.supplier_key,
        findings.legal_entity_code,
        findings.amount_at_risk,
        findings.quantity_at_risk,
        coalesce(findings.cause_code, occurrences.cause_code) as cause_code,
        findings.cause_ratio,
        findings.proposed_quantity,
        coalesce(evidence.evidence, occurrences.open_fingerprint) as evidence,
        coalesce(routed.owner_role, codes.owner_role) as owner_role,
        case
            when findings.purchase_order_line_key is not null
                then {{ concord_key(["'purchase_order_line'", 'findings.purchase_order_line_key']) }}
            when findings.invoice_key is not null then {{ concord_key(["'invoice'", 'findings.invoice_key']) }}
            else {{ concord_key(['occurrences.entity_type', 'occurrences.source_instance', 'occurrences.native_id']) }}
        end as trace_id,
        occurrences.first_seen_at,
        case when occurrences.is_open then run.known_at else occurrences.closed_at end as last_seen_at,
        case when occurrences.is_open then 'OPEN' else cures.status end as status,
        cures.cured_by
    from occurrences
    cross join run
    inner join codes on occurrences.code = codes.code
    left join findings
        on
            occurrences.is_open
            and occurrences.entity_type = findings.entity_type
            and occurrences.source_instance = findings.source_instance
            and occurrences.native_id = findings.native_id
            and occurrences.code = findings.code
    left join cures
        on
            occurrences.entity_type = cures.entity_type
            and occurrences.source_instance = cures.source_instance
            and occurrences.native_id = cures.native_id
            and occurrences.code = cures.code
            and occurrences.occurrence_no = cures.occurrence_no
    left join evidence
        on
            occurrences.is_open
            and occurrences.entity_type = evidence.entity_type
            and occurrences.source_instance = evidence.source_instance
            and occurrences.native_id = evidence.native_id
            and occurrences.code = evidence.code
    left join matches
        on
            occurrences.entity_type = 'invoice_line'
            and occurrences.source_instance = matches.source_instance
            and occurrences.native_id = matches.native_id
    left join routed on occurrences.code = routed.code and routed.preference = 1
    left join facilities on findings.facility_code = facilities.facility_code
)

select * from final
