-- One row per PO line with goods or invoices, or postings on the account: what is owed by its documents, what its ledger shows, and each part of the difference (domain_rules 3.9).
with

accruals as (select * from {{ ref('rec_receipt_vs_invoice') }}),
documents as (select * from {{ ref('int_bridge__document') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
owners as (select * from {{ ref('int_accrual__owner') }} where doc_class = 'RECEIPT'),

posted as (
    select
        purchase_order_line_key,
        max(currency_code) as currency_code,
        sum(owed_amount) as ledger_amount,
        sum(case when posting_kind in ('RECEIPT', 'INVOICE') then 0 else owed_amount end) as manual_amount
    from {{ ref('int_bridge__posting') }}
    where purchase_order_line_key is not null and not is_foreign
    group by purchase_order_line_key
),

-- A credit that has come and is not posted is netted already where quantities are, and not where documents are added.
billed as (
    select
        invoice_lines.purchase_order_line_key,
        sum(case when invoices.is_posted then invoice_lines.invoiced_quantity else 0 end) as posted_quantity,
        sum(case when not invoices.is_posted then greatest(-invoice_lines.invoiced_quantity, 0) else 0 end)
            as waiting_quantity
    from {{ ref('fct_invoice_line') }} as invoice_lines
    inner join (
        select
            invoice_key,
            posting_date is not null or coalesce(status, '') in ('POSTED', 'PAID') as is_posted
        from {{ ref('fct_invoice') }}
        where not is_void and coalesce(credit_kind, '') <> 'PRICE'
    ) as invoices on invoice_lines.invoice_key = invoices.invoice_key
    group by invoice_lines.purchase_order_line_key
),

compared as (
    select
        purchase_order_line_key,
        count(*) as document_count,
        {%- for name, type, condition, amount in [
            ('late_amount', 'receipt_line', 'ledger_amount is null and not is_past_grace', '-owed_amount'),
            ('missing_amount', 'receipt_line', 'ledger_amount is null and is_past_grace', '-owed_amount'),
            ('drift_amount', 'receipt_line', 'ledger_amount is not null and is_drifted', 'ledger_amount - owed_amount'),
            ('valuation_amount', 'receipt_line', 'ledger_amount is not null and not is_drifted', 'ledger_amount - owed_amount'),
            ('unbooked_amount', 'invoice_line', 'ledger_amount is null', '-owed_amount'),
            ('price_amount', 'invoice_line', 'ledger_amount is not null', 'ledger_amount - owed_amount'),
        ] %}
        sum(case when entity_type = '{{ type }}' and {{ condition }} then {{ amount }} else 0 end) as {{ name }},
        {%- endfor %}
        sum(owed_amount) as documents_amount
    from documents
    group by purchase_order_line_key
),

lines as (
    select
        order_lines.purchase_order_line_key,
        order_lines.source_instance,
        order_lines.native_id,
        order_lines.po_number,
        order_lines.line_number,
        order_lines.supplier_key,
        order_lines.facility_code,
        owners.legal_entity_code,
        owners.source_instance as ledger_instance,
        owners.account_code,
        coalesce(posted.currency_code, accruals.accrual_currency_code, order_lines.currency_code) as currency_code,
        order_lines.opening_received_quantity <> 0 or order_lines.opening_invoiced_quantity <> 0 as has_opening,
        coalesce(posted.currency_code, accruals.accrual_currency_code) <> order_lines.currency_code as is_converted,
        coalesce(accruals.accrual_class, 'NOT_ACCRUED') <> 'NOT_ACCRUED' as is_accrued,
        {{ needs_receipt('order_lines.match_category') }} as needs_receipt,
        {%- for class in ['grni', 'not_posted', 'irng', 'credit_expected'] %}
        coalesce(accruals.{{ class }}_amount, 0) as {{ class }}_amount,
        {%- endfor %}
        {%- for name in ['late', 'missing', 'drift', 'valuation', 'unbooked', 'price', 'documents'] %}
        coalesce(compared.{{ name }}_amount, 0) as {{ name }}_amount,
        {%- endfor %}
        coalesce(-{{ extended_price('least(billed.waiting_quantity,'
            ~ ' greatest(billed.posted_quantity - accruals.posted_quantity, 0))', 'order_lines') }}, 0) as credit_amount,
        coalesce(posted.ledger_amount, 0) as ledger_amount,
        coalesce(posted.manual_amount, 0) as manual_amount,
        coalesce(compared.document_count, 0) as document_count
    from order_lines
    inner join owners
        on
            order_lines.legal_entity_code = owners.legal_entity_code
            and {{ in_interval('order_lines.ordered_date', 'owners.valid_from', 'owners.valid_to') }}
    left join accruals on order_lines.purchase_order_line_key = accruals.purchase_order_line_key
    left join posted on order_lines.purchase_order_line_key = posted.purchase_order_line_key
    left join compared on order_lines.purchase_order_line_key = compared.purchase_order_line_key
    left join billed on order_lines.purchase_order_line_key = billed.purchase_order_line_key
    where
        posted.purchase_order_line_key is not null
        or (
            accruals.purchase_order_line_key is not null
            and {{ needs_receipt('order_lines.match_category') }}
        )
),

-- What the documents owe, as the sub-ledger nets it by quantity, and as its documents add up one by one.
final as (
    select
        lines.*,
        {{ money('grni_amount + not_posted_amount - irng_amount - credit_expected_amount') }} as owed_amount,
        {{ money('ledger_amount - manual_amount - documents_amount'
            ~ ' - late_amount - missing_amount - drift_amount - valuation_amount - unbooked_amount - price_amount') }}
            as undocumented_amount
    from lines
)

select * from final
