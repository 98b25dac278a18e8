-- One row per closed occurrence: what changed between the last verdict with the code and the first without it (domain_rules 3.4.5, cure tracking).
with

occurrences as (select * from {{ ref('int_exception__occurrence') }} where not is_open),
words as (
    select
        *,
        lead(decided_at) over (partition by subject_key order by seq nulls last) as withdrawn_at
    from {{ ref('can_decision') }}
    where subject_type = 'INVOICE_PAIR'
),
invoices as (select * from {{ ref('can_invoice') }}),

releases as (
    select
        {{ json_text('payload', 'held_instance') }} as source_instance,
        {{ json_text('payload', 'held_native_id') }} as native_id,
        decided_at,
        withdrawn_at
    from words
    where decision = 'DISTINCT'
),

-- A later change of mind opens a new occurrence, it does not rewrite what closed this one; nor does a later void.

released as (
    select
        occurrences.source_instance,
        occurrences.native_id,
        occurrences.occurrence_no
    from occurrences
    inner join releases
        on
            occurrences.source_instance = releases.source_instance
            and occurrences.native_id = releases.native_id
            and releases.decided_at >= occurrences.first_seen_at
            and releases.decided_at <= occurrences.closed_at
            and coalesce(releases.withdrawn_at > occurrences.closed_at, true)
    left join invoices
        on
            occurrences.source_instance = invoices.source_instance
            and occurrences.native_id = invoices.native_id
    where
        occurrences.entity_type = 'invoice'
        and occurrences.code = 'DUPLICATE_INVOICE'
        and not coalesce(invoices.voided_at <= occurrences.closed_at, invoices.status in ('VOID', 'REJECTED'), false)
    group by occurrences.source_instance, occurrences.native_id, occurrences.occurrence_no
),

{% set numbers = ['ordered_quantity', 'received_quantity', 'receipt_factor', 'invoiced_quantity', 'net_quantity',
    'po_unit_price', 'invoice_unit_price'] %}

compared as (
    select
        occurrences.entity_type,
        occurrences.source_instance,
        occurrences.native_id,
        occurrences.code,
        occurrences.occurrence_no,
        released.native_id is not null as is_released,
        {%- for number in numbers %}
        {{ json_text('open_fingerprint', number) }} is distinct from {{ json_text('closed_fingerprint', number) }}
            as {{ number }}_changed,
        {%- endfor %}
        -- Only a line's status says that all is well; another entity may still have other findings.
        occurrences.entity_type = 'invoice_line' and closed_status in ('MATCHED', 'MATCHED_IN_TOLERANCE') as is_cured
    from occurrences
    left join released
        on
            occurrences.entity_type = 'invoice'
            and occurrences.code = 'DUPLICATE_INVOICE'
            and occurrences.source_instance = released.source_instance
            and occurrences.native_id = released.native_id
            and occurrences.occurrence_no = released.occurrence_no
),

final as (
    select
        entity_type,
        source_instance,
        native_id,
        code,
        occurrence_no,
        case when is_cured or is_released then 'CURED' else 'CLEARED' end as status,
        case
            when is_released then 'MANUAL_RELEASE'
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
