-- One row per accrual journal that the ledger has confirmed: what was posted there.
with

deliveries as (
    select * from {{ ref('can_delivery') }} where entity = 'accrual_journal' and state = 'CONFIRMED'
),

{% set told = ['legal_entity_code', 'source_instance', 'native_id', 'currency_code', 'debit_account_code',
    'credit_account_code', 'cost_center_code', 'header_text', 'po_number', 'po_line_number', 'document_reference',
    'reverses_reference', 'period_code'] %}
final as (
    select
        posting_key,
        business_key,
        -- What was posted before services could be names no class.
        coalesce({{ json_text('payload', 'doc_class') }}, 'RECEIPT_NOT_REPLICATED') as doc_class,
        {%- for name in told %}
        {{ json_text('payload', name) }} as {{ name }},
        {%- endfor %}
        cast({{ json_text('payload', 'posting_date') }} as date) as posting_date,
        cast({{ json_text('payload', 'reversal_date') }} as date) as reversal_date,
        cast({{ json_text('payload', 'amount') }} as decimal(18, 2)) as amount
    from deliveries
)

select * from final
