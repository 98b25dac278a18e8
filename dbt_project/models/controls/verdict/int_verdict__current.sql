-- One row per judged entity in this run: status, codes and the numbers that a later run compares to name a cure.
with

line_matches as (select * from {{ ref('rec_invoice_line_vs_purchase_order_line') }} where is_judged),
findings as (select * from {{ ref('int_finding__current') }}),

of_lines as (
    select
        'invoice_line' as entity_type,
        source_instance,
        native_id,
        match_status,
        codes,
        {{ json_object({
            'ordered_quantity': 'cast(ordered_quantity as string)',
            'received_quantity': 'cast(received_quantity as string)',
            'receipt_factor': 'cast(receipt_factor as string)',
            'invoiced_quantity': 'cast(invoiced_quantity as string)',
            'net_quantity': 'cast(net_quantity as string)',
            'po_unit_price': 'cast(po_unit_price as string)',
            'invoice_unit_price': 'cast(invoice_unit_price as string)',
            'price_variance_amount': 'cast(price_variance_amount as string)',
        }) }} as fingerprint
    from line_matches
),

of_others as (
    select
        entity_type,
        source_instance,
        native_id,
        case
            when max(case when severity = 'BLOCK' then 1 else 0 end) = 1 then 'EXCEPTION'
            else 'MATCHED_IN_TOLERANCE'
        end as match_status,
        {{ joined('code', 'code') }} as codes,
        '{}' as fingerprint
    from findings
    where entity_type <> 'invoice_line'
    group by entity_type, source_instance, native_id
),

final as (
    select * from of_lines
    union all
    select * from of_others
)

select * from final
