-- One row per invoice line that may not be paid yet: why, since when, and who has to act.
with

matches as (
    select * from {{ ref('rec_invoice_line_vs_purchase_order_line') }}
    where match_status in ('EXCEPTION', 'WAITING')
),
exceptions as (select * from {{ ref('exc_exception') }} where status = 'OPEN' and severity in ('BLOCK', 'WAIT')),
suppliers as (select * from {{ ref('dim_supplier') }}),

-- The finding that comes first in the order of evaluation leads.
foremost as (
    select
        exceptions.source_instance,
        exceptions.native_id,
        exceptions.entity_type,
        exceptions.code,
        exceptions.owner_role,
        exceptions.cause_code,
        exceptions.amount_at_risk,
        exceptions.first_seen_at,
        exceptions.baselined_on,
        exceptions.severity,
        exceptions.evaluation_step,
        row_number() over (
            partition by exceptions.source_instance, exceptions.native_id, exceptions.entity_type
            order by
                case exceptions.severity when 'BLOCK' then 1 else 2 end, exceptions.evaluation_step, exceptions.code
        ) as preference
    from exceptions
),

{% set invoice_leads %}
(
    foremost.code is null
    or (invoice_foremost.severity = 'BLOCK' and foremost.severity <> 'BLOCK')
    or (invoice_foremost.severity = foremost.severity and invoice_foremost.evaluation_step < foremost.evaluation_step)
)
{%- endset %}
final as (
    select
        matches.source_instance,
        matches.native_id,
        matches.invoice_number,
        matches.line_number,
        matches.po_number,
        matches.po_line_number,
        matches.legal_entity_code,
        matches.facility_code,
        suppliers.supplier_name,
        matches.invoice_date,
        {{ days_between('matches.invoice_date', 'matches.evaluated_as_of') }} as age_days,
        matches.match_status,
        matches.codes,
        {%- for name, column in [('leading_code', 'code'), ('cause_code', 'cause_code'), ('owner_role', 'owner_role'),
            ('first_seen_at', 'first_seen_at'), ('baselined_on', 'baselined_on')] %}
        case when {{ invoice_leads }} then invoice_foremost.{{ column }} else foremost.{{ column }} end as {{ name }},
        {%- endfor %}
        matches.currency_code,
        matches.line_amount,
        coalesce(foremost.amount_at_risk, invoice_foremost.amount_at_risk) as amount_at_risk
    from matches
    left join foremost
        on
            foremost.entity_type = 'invoice_line'
            and matches.source_instance = foremost.source_instance
            and matches.native_id = foremost.native_id
            and foremost.preference = 1
    left join foremost as invoice_foremost
        on
            invoice_foremost.entity_type = 'invoice'
            and matches.source_instance = invoice_foremost.source_instance
            and matches.invoice_native_id = invoice_foremost.native_id
            and invoice_foremost.preference = 1
    left join suppliers on matches.supplier_key = suppliers.supplier_key
)

select * from final
