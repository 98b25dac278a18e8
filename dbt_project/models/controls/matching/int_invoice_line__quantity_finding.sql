-- One row per invoice line and finding about its quantity: against the order, the receipts and, for credits, what was billed (domain_rules 3.4.5 steps 4-5).
with

measures as (select * from {{ ref('int_invoice_line__measure') }} where is_matchable),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
tolerances as (select * from {{ ref('int_purchase_order_line__tolerance') }}),
parameters as (select * from {{ ref('int_purchase_order_line__parameter') }} where parameter_code = 'RECEIPT_SLA_DAYS'),
sources as (select * from {{ ref('int_receiving_source') }}),
invoice_lines as (select * from {{ ref('fct_invoice_line') }}),
run as (select * from {{ ref('stg_landscape__run') }}),

stale_sources as (select source_instance from sources where is_stale group by source_instance),
stale_masters as (select entity_scope from sources where is_stale and is_receipt_master group by entity_scope),
stale_everywhere as (select count(*) as master_count from stale_masters where entity_scope is null),

compared as (
    select
        measures.*,
        {{ needs_receipt('measures.match_category') }} as needs_receipt,
        measures.invoiced_to_date - measures.ordered_quantity as beyond_ordered,
        measures.invoiced_to_date - case
            when measures.match_category = '4WAY' then measures.accepted_quantity
            else measures.received_quantity
        end as beyond_received,
        {{ is_beyond('(measures.invoiced_to_date - measures.ordered_quantity)',
            '(measures.invoiced_to_date - measures.ordered_quantity)', 'measures.ordered_quantity', 'ordered_rules') }}
            as is_over_ordered,
        {{ is_beyond('(measures.invoiced_to_date - measures.received_quantity)',
            '(measures.invoiced_to_date - measures.received_quantity)', 'measures.received_quantity', 'received_rules') }}
            as is_over_received,
        {{ is_beyond('(measures.invoiced_to_date - measures.accepted_quantity)',
            '(measures.invoiced_to_date - measures.accepted_quantity)', 'measures.accepted_quantity', 'received_rules') }}
            as is_over_accepted,
        ordered_rules.action as ordered_action,
        received_rules.action as received_action,
        {{ days_between('greatest(measures.invoice_date, coalesce(order_lines.promised_date, measures.invoice_date))',
            'run.as_of') }}
        > coalesce(parameters.value, 0) as is_past_limit,
        stale_sources.source_instance is not null
        or (
            measures.receiving_instance is null
            and (stale_masters.entity_scope is not null or stale_everywhere.master_count > 0)
        ) as is_source_stale
    from measures
    cross join run
    cross join stale_everywhere
    inner join order_lines on measures.purchase_order_line_key = order_lines.purchase_order_line_key
    left join tolerances as ordered_rules
        on
            measures.purchase_order_line_key = ordered_rules.purchase_order_line_key
            and ordered_rules.check_code = 'QTY_ORDERED'
    left join tolerances as received_rules
        on
            measures.purchase_order_line_key = received_rules.purchase_order_line_key
            and received_rules.check_code = 'QTY_RECEIVED'
    left join parameters on measures.purchase_order_line_key = parameters.purchase_order_line_key
    left join stale_sources on measures.receiving_instance = stale_sources.source_instance
    left join stale_masters on measures.legal_entity_code = stale_masters.entity_scope
    where not measures.is_credit and measures.net_quantity > 0
),

judged as (
    select
        compared.*,
        needs_receipt and (is_over_received or (match_category = '4WAY' and is_over_accepted)) as is_uncovered,
        needs_receipt and match_category = '4WAY' and is_over_accepted and not is_over_received as is_not_accepted,
        not is_delivery_complete and not is_over_ordered as may_wait,
        least(beyond_received, net_quantity) as uncovered_quantity,
        least(beyond_ordered, net_quantity) as over_quantity
    from compared
),

whole_units as (
    select
        measures.invoice_line_key,
        measures.line_amount,
        measures.quantity,
        invoice_lines.is_whole_unit
    from measures
    inner join invoice_lines on measures.invoice_line_key = invoice_lines.invoice_line_key
),

{% set over_amount = product('over_quantity', 'po_unit_price') %}
{% set uncovered_amount = product('uncovered_quantity', 'po_unit_price') %}
final as (
    {{ findings('judged', 'invoice_line_key', [
        ('QTY_OVER_ORDERED', "is_over_ordered and match_category not in ('BLANKET', 'CONSIGNMENT')",
            over_amount, 'over_quantity', 'ordered_action'),
        ('QTY_OVER_RECEIVED', 'is_uncovered and not is_not_accepted and not may_wait',
            uncovered_amount, 'uncovered_quantity', 'received_action'),
        ('NOT_ACCEPTED', 'is_not_accepted', uncovered_amount, 'uncovered_quantity', 'received_action'),
        ('AWAITING_RECEIPT', 'is_uncovered and not is_not_accepted and may_wait and not is_past_limit',
            uncovered_amount, 'uncovered_quantity'),
        ('SOURCE_STALE', 'is_uncovered and not is_not_accepted and may_wait and is_past_limit and is_source_stale',
            uncovered_amount, 'uncovered_quantity'),
        ('RECEIPT_OVERDUE', 'is_uncovered and not is_not_accepted and may_wait and is_past_limit and not is_source_stale',
            uncovered_amount, 'uncovered_quantity'),
    ]) }}
    union all
    {{ findings('whole_units', 'invoice_line_key', [
        ('FRACTIONAL_EACH', 'is_whole_unit and quantity <> floor(quantity)', 'abs(line_amount)', 'quantity'),
    ]) }}
)

select * from final
