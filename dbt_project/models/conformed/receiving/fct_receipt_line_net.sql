-- One row per positive receipt of a PO line: what is left of it after returns and voids (domain_rules 3.4.4).
with

receipts as (
    select * from {{ ref('fct_receipt_line') }}
    where
        purchase_order_line_key is not null
        and receipt_type in ('RECEIPT', 'RETURN', 'VOID')
        and ownership = 'OWNED'
        -- A free replacement is no reduction of what may be billed.
        and (receipt_type <> 'RETURN' or is_credit_expected)
),

final as (
    {{ net_receipts('receipts') }}
)

select * from final
