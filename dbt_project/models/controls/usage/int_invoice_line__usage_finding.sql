-- One row per invoice line and finding about what it bills of use in cases: more than was used, or a serial number again (domain_rules 3.5.1, 3.5.3).
with

measures as (select * from {{ ref('int_invoice_line__measure') }} where is_matchable and not is_credit),
invoice_lines as (select * from {{ ref('fct_invoice_line') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
usage as (select * from {{ ref('int_purchase_order_line__usage') }}),
links as (select * from {{ ref('int_usage_event__order_line') }}),
events as (select * from {{ ref('fct_usage_event') }}),
tolerances as (select * from {{ ref('int_purchase_order_line__tolerance') }} where check_code = 'QTY_RECEIVED'),
silent as (select * from {{ ref('int_usage_source') }} where is_silent),
silent_everywhere as (select count(*) as source_count from silent where entity_scope is null),
silent_entities as (select entity_scope from silent where entity_scope is not null group by entity_scope),

{% for mark in ['serial', 'lot'] %}
used_by_{{ mark }} as (
    select
        links.purchase_order_line_key,
        events.{{ mark }},
        sum(events.used_quantity) as used_quantity
    from links
    inner join events on links.usage_event_key = events.usage_event_key
    where events.{{ mark }} is not null
    group by links.purchase_order_line_key, events.{{ mark }}
),
{% endfor %}
billed as (
    select
        measures.*,
        invoice_lines.serial,
        invoice_lines.lot,
        {%- for mark in ['serial', 'lot'] %}
        case
            when invoice_lines.{{ mark }} is not null
                then sum(measures.net_quantity) over (
                    partition by measures.purchase_order_line_key, invoice_lines.{{ mark }}
                    order by measures.invoice_date nulls last, measures.native_id
                    rows between unbounded preceding and current row
                )
        end as {{ mark }}_quantity,
        {%- endfor %}
        case
            when
                invoice_lines.serial is not null
                and (measures.net_quantity > 0 or measures.purchase_order_line_key is null)
                then row_number() over (
                    partition by
                        coalesce(invoice_lines.item_key, measures.supplier_key), invoice_lines.serial,
                        measures.net_quantity > 0 or measures.purchase_order_line_key is null
                    order by measures.invoice_date nulls last, measures.source_instance, measures.native_id
                )
        end as serial_rank
    from measures
    inner join invoice_lines on measures.invoice_line_key = invoice_lines.invoice_line_key
),

-- More than was used in all, or more of one serial number or lot than was used of it.
compared as (
    select
        billed.*,
        billed.invoiced_to_date - billed.used_quantity as beyond_used,
        {%- for mark in ['serial', 'lot'] %}
        case
            when usage.is_{{ mark }}_known and order_lines.opening_received_quantity = 0
                then billed.{{ mark }}_quantity - coalesce(used_by_{{ mark }}.used_quantity, 0)
            else 0
        end as beyond_{{ mark }},
        {%- endfor %}
        silent_entities.entity_scope is not null or silent_everywhere.source_count > 0 as is_silent
    from billed
    cross join silent_everywhere
    inner join order_lines on billed.purchase_order_line_key = order_lines.purchase_order_line_key
    left join usage on billed.purchase_order_line_key = usage.purchase_order_line_key
    {%- for mark in ['serial', 'lot'] %}
    left join used_by_{{ mark }}
        on
            billed.purchase_order_line_key = used_by_{{ mark }}.purchase_order_line_key
            and billed.{{ mark }} = used_by_{{ mark }}.{{ mark }}
    {%- endfor %}
    left join silent_entities on billed.legal_entity_code = silent_entities.entity_scope
    where {{ is_usage_based('billed.match_category') }} and billed.net_quantity > 0
),

judged as (
    select
        compared.*,
        {{ is_beyond('compared.beyond_used', 'compared.beyond_used', 'compared.used_quantity', 'tolerances') }}
        or coalesce(compared.beyond_serial > 0, false)
        or coalesce(compared.beyond_lot > 0, false) as is_over_used,
        least(
            greatest(compared.beyond_used, coalesce(compared.beyond_serial, 0), coalesce(compared.beyond_lot, 0)),
            compared.net_quantity
        ) as excess_quantity,
        tolerances.action
    from compared
    left join tolerances on compared.purchase_order_line_key = tolerances.purchase_order_line_key
),

{% set excess_amount = product('excess_quantity', 'po_unit_price') %}
final as (
    {{ findings('judged', 'invoice_line_key', [
        ('INVOICE_EXCEEDS_CONSUMED', 'is_over_used and not is_silent', excess_amount, 'excess_quantity', 'action'),
        ('SOURCE_STALE', 'is_over_used and is_silent', excess_amount, 'excess_quantity'),
    ]) }}
    union all
    {{ findings('billed', 'invoice_line_key', [
        ('SERIAL_BILLED_TWICE', 'serial_rank > 1', 'abs(line_amount)', 'invoiced_quantity'),
    ]) }}
)

select * from final
