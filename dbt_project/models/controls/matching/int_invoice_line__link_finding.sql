-- One row per invoice line and finding about what it belongs to: supplier, unit, PO link and the PO's own state (domain_rules 3.4.5, steps 1-2).
with

measures as (select * from {{ ref('int_invoice_line__measure') }} where is_matchable),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
invoices as (select * from {{ ref('fct_invoice') }}),
suppliers as (select * from {{ ref('dim_supplier') }}),
tolerances as (select * from {{ ref('int_purchase_order_line__tolerance') }} where is_ambiguous),
parameters as (select * from {{ ref('int_purchase_order_line__parameter') }} where is_ambiguous),
policies as (select * from {{ ref('int_invoice__policy') }} where is_ambiguous),
instances as (select * from {{ ref('stg_landscape__instance') }}),
records as (
    select
        source_instance,
        entity_scope
    from {{ ref('stg_landscape__system_of_record') }}
    where domain = 'purchase_order' and write_policy = 'MASTER'
    group by source_instance, entity_scope
),
settings as (
    select max(try_cast(value as integer)) as horizon_days
    from {{ ref('stg_landscape__parameter') }}
    where parameter_code = 'HORIZON_DAYS'
),

-- An entity's orders may be loaded from another day than its neighbor's.
horizons as (
    select
        records.entity_scope,
        max(instances.history_starts_on) as history_starts_on
    from instances
    inner join records on instances.source_instance = records.source_instance
    group by records.entity_scope
),

common_horizon as (
    select max(history_starts_on) as history_starts_on from horizons where entity_scope is null
),

facts as (
    select
        measures.invoice_line_key,
        measures.line_amount,
        measures.purchase_order_line_key,
        measures.is_credit,
        measures.original_invoice_id,
        coalesce(suppliers.is_blocked, false) as is_supplier_blocked,
        measures.quantity is not null
        and (
            measures.unit_factor is null
            or (order_lines.purchase_order_line_key is not null and order_lines.unit_factor is null)
            or measures.base_uom_code is distinct from coalesce(order_lines.base_uom_code, measures.base_uom_code)
        ) as is_unit_unresolved,
        order_lines.purchase_order_line_key is not null
        and (
            measures.supplier_key is distinct from order_lines.supplier_key
            or coalesce(measures.currency_code <> order_lines.currency_code, false)
            or coalesce(measures.legal_entity_code <> order_lines.legal_entity_code, false)
        ) as is_link_conflict,
        measures.link_level = 7 and measures.has_po_reference
        and coalesce(
            measures.invoice_date < {{ add_days(
                'coalesce(horizons.history_starts_on, common_horizon.history_starts_on)',
                'coalesce(settings.horizon_days, 0)') }},
            false
        ) as is_before_horizon,
        measures.link_level = 7 as is_unlinked,
        coalesce(order_lines.po_status = 'CANCELLED' or order_lines.line_status = 'CANCELLED', false) as is_cancelled,
        coalesce(
            order_lines.po_status in ('SOFT_CLOSED', 'CLOSED')
            and order_lines.closed_date < measures.invoice_date,
            false
        ) as is_closed,
        coalesce(order_lines.po_status in ('DRAFT', 'PENDING_APPROVAL'), false) as is_not_approved,
        coalesce(measures.invoice_date < order_lines.approved_date, false) as is_before_order,
        -- What is ordered after its use is billed before its order as a rule.
        case when {{ is_usage_based('order_lines.match_category') }} then 'INFO' end as before_order_action,
        tolerances.purchase_order_line_key is not null
        or parameters.purchase_order_line_key is not null
        or policies.invoice_key is not null as is_ambiguous
    from measures
    cross join common_horizon
    cross join settings
    inner join invoices on measures.invoice_key = invoices.invoice_key
    left join order_lines on measures.purchase_order_line_key = order_lines.purchase_order_line_key
    left join horizons on measures.legal_entity_code = horizons.entity_scope
    left join suppliers on measures.supplier_key = suppliers.supplier_key
    left join (select purchase_order_line_key from tolerances group by purchase_order_line_key) as tolerances
        on measures.purchase_order_line_key = tolerances.purchase_order_line_key
    left join (select purchase_order_line_key from parameters group by purchase_order_line_key) as parameters
        on measures.purchase_order_line_key = parameters.purchase_order_line_key
    left join policies on measures.invoice_key = policies.invoice_key
),

final as (
    {{ findings('facts', 'invoice_line_key', [
        ('SUPPLIER_BLOCKED', 'is_supplier_blocked', 'abs(line_amount)', 'null'),
        ('UOM_UNRESOLVED', 'is_unit_unresolved', 'abs(line_amount)', 'null'),
        ('LINK_CONFLICT', 'is_link_conflict', 'abs(line_amount)', 'null'),
        ('NO_PO_LINK', 'is_unlinked and not is_before_horizon and not (is_credit and original_invoice_id is not null)',
            'abs(line_amount)', 'null'),
        ('BEFORE_HORIZON', 'is_before_horizon', 'abs(line_amount)', 'null'),
        ('AMBIGUOUS_PARAMETER', 'is_ambiguous', 'abs(line_amount)', 'null'),
        ('PO_CANCELLED', 'is_cancelled', 'abs(line_amount)', 'null'),
        ('PO_CLOSED', 'is_closed', 'abs(line_amount)', 'null'),
        ('PO_NOT_APPROVED', 'is_not_approved', 'abs(line_amount)', 'null'),
        ('INVOICE_BEFORE_PO', 'is_before_order', 'abs(line_amount)', 'null', 'before_order_action'),
    ]) }}
)

select * from final
