-- One row per document, copy and field in which two systems differ, of every reconciliation of copies (domain_rules 3.15, R-1 to 3, R-7).
with

final as (
    {%- for domain, relation in [
        ('purchase_order', 'rec_purchase_order_vs_replica'), ('receipt', 'rec_receipt_line_vs_replica'),
        ('payment', 'rec_invoice_payment_vs_replica'), ('invoice', 'rec_invoice_vs_replica')] %}
    select
        '{{ domain }}' as domain,
        *
    from {{ ref(relation) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
