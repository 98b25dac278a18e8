{#- Comparing a document with its copy in another system (domain_rules 3.15). -#}

{#- How the two differ; TIMING while the younger side changed less than the grace ago, which nobody is told. -#}
{% macro difference_class(left_value, right_value, kind, moved_at, grace_hours, judged_until) -%}
    case
        when
            coalesce(
                {{ seconds_between(moved_at, judged_until) }} <= {{ product(grace_hours, '3600') }},
                false
            )
            then 'TIMING'
        when {{ left_value }} is null then 'MISSING_LEFT'
        when {{ right_value }} is null then 'MISSING_RIGHT'
        else {{ kind }}
    end
{%- endmacro %}

{#- The nightly reconciliation that says a code (domain_rules 3.15); null for every other code. -#}
{% macro recon_of(code) -%}
    case
        when {{ code }} in ('PO_NOT_REPLICATED', 'PO_VALUE_DIFFERS', 'PO_STATUS_DIFFERS', 'CANCEL_NOT_REPLICATED')
            then 'R-1'
        when {{ code }} in ('RECEIPT_NOT_REPLICATED', 'RECEIPT_QTY_DIFFERS') then 'R-2'
        when {{ code }} in ('PAYMENT_NOT_REPLICATED', 'PAYMENT_DIFFERS') then 'R-3'
        when {{ code }} in ('INVOICE_NOT_REPLICATED', 'INVOICE_VALUE_DIFFERS') then 'R-7'
    end
{%- endmacro %}

{#- One row per document, copy and field in which the two differ, in the shape of all reconciliations of copies. `relation` tells
    source_instance, native_id, replica_instance, business_key, legal_entity_code, supplier_key, field, left_value,
    right_value, code, amount_at_risk, moved_at, grace_hours and judged_until, and what else is in `told`; `kind` is the
    class of a difference that is no absence. -#}
{% macro replica_rows(relation, entity_type, told=[], kind="'VALUE'") -%}
    select
        {{ recon_of('code') }} as recon,
        '{{ entity_type }}' as entity_type,
        source_instance,
        native_id,
        replica_instance,
        business_key,
        legal_entity_code,
        supplier_key,
        {%- for name in ['facility_code', 'purchase_order_line_key', 'invoice_key'] %}
        {{ name if name in told else 'cast(null as string) as ' ~ name }},
        {%- endfor %}
        field,
        left_value,
        right_value,
        {{ difference_class('left_value', 'right_value', kind, 'moved_at', 'grace_hours', 'judged_until') }}
            as difference_class,
        code,
        amount_at_risk,
        {{ 'quantity_at_risk' if 'quantity_at_risk' in told else 'cast(null as decimal(18, 6)) as quantity_at_risk' }},
        {{ 'cause_code' if 'cause_code' in told else 'cast(null as string) as cause_code' }},
        {{ add_hours('moved_at', 'grace_hours') }} as grace_until
    from {{ relation }}
{%- endmacro %}

{#- One row per difference of what two systems or two books hold alike for long, in the shape of `rec_document_vs_replica`. `relation`
    tells left_instance, right_instance, source_instance, native_id, business_key, field, left_value, right_value, moved_at,
    grace_hours and judged_until, and what else is in `told`. It differs since the younger side moved. -#}
{% macro lasting_differences(relation, recon, domain, entity_type="''", told=[]) -%}
    select
        run.as_of as as_of_date,
        '{{ recon }}' as recon,
        '{{ domain }}' as domain,
        told.left_instance,
        told.right_instance,
        {{ entity_type }} as entity_type,
        told.source_instance,
        told.native_id,
        told.business_key,
        {{ 'told.legal_entity_code' if 'legal_entity_code' in told else 'cast(null as string) as legal_entity_code' }},
        told.field,
        told.left_value,
        told.right_value,
        {{ difference_class('told.left_value', 'told.right_value', "'VALUE'", 'told.moved_at', 'told.grace_hours',
            'told.judged_until') }} as difference_class,
        {{ 'told.code' if 'code' in told else 'cast(null as string) as code' }},
        {{ 'told.amount_at_risk' if 'amount_at_risk' in told else 'cast(null as decimal(18, 2)) as amount_at_risk' }},
        {{ 'told.currency_code' if 'currency_code' in told else 'cast(null as string) as currency_code' }},
        {{ add_hours('told.moved_at', 'told.grace_hours') }} as grace_until,
        least(coalesce(cast(told.moved_at as date), run.as_of), run.as_of) as first_seen_on,
        told.owner_role
    from {{ relation }} as told
    cross join {{ ref('stg_landscape__run') }} as run
{%- endmacro %}
