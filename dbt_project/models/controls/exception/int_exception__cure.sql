-- One row per closed occurrence: what changed between the last verdict with the code and the first without it (domain_rules 3.4.5, cure tracking).
with

occurrences as (select * from {{ ref('int_exception__occurrence') }} where not is_open),

{% set numbers = ['ordered_quantity', 'received_quantity', 'receipt_factor', 'invoiced_quantity', 'net_quantity',
    'po_unit_price', 'invoice_unit_price'] %}

compared as (
    select
        entity_type,
        source_instance,
        native_id,
        code,
        occurrence_no,
        {%- for number in numbers %}
        {{ json_text('open_fingerprint', number) }} is distinct from {{ json_text('closed_fingerprint', number) }}
            as {{ number }}_changed,
        {%- endfor %}
        -- Only a line's status says that all is well; another entity may still have other findings.
        entity_type = 'invoice_line' and closed_status in ('MATCHED', 'MATCHED_IN_TOLERANCE') as is_cured
    from occurrences
),

final as (
    select
        entity_type,
        source_instance,
        native_id,
        code,
        occurrence_no,
        case when is_cured then 'CURED' else 'CLEARED' end as status,
        case
            when not is_cured then null
            when
                receipt_factor_changed
                and received_quantity_changed
                and code in ('QTY_OVER_RECEIVED', 'UOM_UNRESOLVED')
                then 'UOM_FIX'
            when net_quantity_changed and not invoiced_quantity_changed then 'CREDIT_MEMO'
            when invoiced_quantity_changed then 'INVOICE_CORRECTION'
            when received_quantity_changed then 'LATE_RECEIPT'
            when po_unit_price_changed then 'PRICE_CHANGE_ON_PO'
            when invoice_unit_price_changed then 'INVOICE_CORRECTION'
            when code in ('PRICE_OVER', 'PRICE_UNDER') then 'CREDIT_MEMO'
            else 'MANUAL_RELEASE'
        end as cured_by
    from compared
)

select * from final
