-- One row per document, master record or balance, copy and field in which two systems or books differ, with both, the currency, and since when (domain_rules 3.15).
with

differences as (select * from {{ ref('int_replica__difference') }}),
replicas as (select * from {{ ref('int_replica') }}),
occurrences as (select * from {{ ref('int_exception__occurrence') }} where is_open),
codes as (select * from {{ ref('exception_code') }}),
invoices as (select * from {{ ref('fct_invoice') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
run as (select * from {{ ref('stg_landscape__run') }}),

masters as (
    select
        differences.domain,
        differences.source_instance,
        differences.native_id,
        differences.replica_instance,
        min(replicas.master_instance) as master_instance
    from differences
    inner join replicas
        on
            differences.domain = replicas.domain
            and differences.replica_instance = replicas.replica_instance
            and coalesce(differences.legal_entity_code = replicas.legal_entity_code, true)
    group by differences.domain, differences.source_instance, differences.native_id, differences.replica_instance
),

-- A document that only the copy's system holds is told by that system.
documents as (
    select
        run.as_of as as_of_date,
        differences.recon,
        differences.domain,
        case
            when differences.source_instance = differences.replica_instance then masters.master_instance
            else differences.source_instance
        end as left_instance,
        differences.replica_instance as right_instance,
        differences.entity_type,
        differences.source_instance,
        differences.native_id,
        differences.business_key,
        differences.legal_entity_code,
        differences.field,
        differences.left_value,
        differences.right_value,
        differences.difference_class,
        differences.code,
        differences.amount_at_risk,
        coalesce(invoices.currency_code, order_lines.currency_code) as currency_code,
        differences.grace_until,
        -- What may still arrive is no finding yet and is known since this run.
        coalesce(occurrences.first_seen_on, run.as_of) as first_seen_on,
        codes.owner_role
    from differences
    cross join run
    inner join codes on differences.code = codes.code
    left join masters
        on
            differences.domain = masters.domain
            and differences.source_instance = masters.source_instance
            and differences.native_id = masters.native_id
            and differences.replica_instance = masters.replica_instance
    left join occurrences
        on
            differences.difference_class <> 'TIMING'
            and differences.entity_type = occurrences.entity_type
            and differences.source_instance = occurrences.source_instance
            and differences.native_id = occurrences.native_id
            and differences.code = occurrences.code
    left join invoices on differences.invoice_key = invoices.invoice_key
    left join order_lines on differences.purchase_order_line_key = order_lines.purchase_order_line_key
),

final as (
    select * from documents
    {%- for kind in ['supplier', 'item', 'contract_price', 'control_account', 'account_code'] %}
    union all
    select * from {{ ref('int_replica__' ~ kind) }}
    {%- endfor %}
)

select * from final
