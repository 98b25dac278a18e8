-- One row per PO line, or posting without one, and part of the balance of goods received and not invoiced: what is owed, and why the ledger shows another amount (domain_rules 3.9 bridge, R-8).
with

lines as (select * from {{ ref('int_bridge__line') }}),
postings as (
    select * from {{ ref('int_bridge__posting') }}
    where purchase_order_line_key is null or is_foreign or posting_kind not in ('RECEIPT', 'INVOICE')
),
run as (select * from {{ ref('stg_landscape__run') }}),

-- Netted by quantity or added up by document: cents of rounding, or what the netting leaves out on purpose.
netted as (
    select
        lines.*,
        {{ money('lines.documents_amount - lines.owed_amount - lines.credit_amount') }} as netting_amount,
        case
            when not lines.is_accrued or not lines.needs_receipt then 'NOT_ACCRUED'
            when lines.is_converted then 'FX'
            when lines.has_opening then 'OPENING'
            when
                abs(lines.documents_amount - lines.owed_amount - lines.credit_amount)
                <= 0.01 * (lines.document_count + 4)
                then 'ROUNDING'
            else 'UNEXPLAINED'
        end as netting_class
    from lines
),

parts as (
    {%- for class, amount in [
        ("'GRNI'", 'grni_amount'),
        ("'INVOICED_NOT_POSTED'", 'not_posted_amount'),
        ("'IRNG'", '-irng_amount'),
        ("'CREDIT_EXPECTED'", '-credit_expected_amount'),
        ("'CREDIT_NOT_POSTED'", 'credit_amount'),
        ("'RECEIPT_ON_ITS_WAY'", 'late_amount'),
        ("'RECEIPT_NOT_IN_LEDGER'", 'missing_amount'),
        ("'UOM_DRIFT'", 'drift_amount'),
        ("'RECEIPT_VALUE'", 'valuation_amount'),
        ("'INVOICE_NOT_IN_LEDGER'", 'unbooked_amount'),
        ("'PRICE_VARIANCE'", 'price_amount'),
        ("'OTHER_DOCUMENT'", 'undocumented_amount'),
        ('netting_class', 'netting_amount'),
    ] %}
    select
        legal_entity_code,
        ledger_instance,
        account_code,
        currency_code,
        {{ class }} as bridge_class,
        'purchase_order_line' as entity_type,
        source_instance,
        native_id,
        po_number || '|' || coalesce(cast(line_number as string), '') as business_key,
        purchase_order_line_key,
        supplier_key,
        facility_code,
        {{ money(amount) }} as amount
    from netted
    where {{ amount }} <> 0
    union all
    {%- endfor %}
    select
        legal_entity_code,
        source_instance as ledger_instance,
        account_code,
        currency_code,
        case
            when is_foreign then 'OTHER_LEDGER'
            when posting_kind in ('RECEIPT', 'INVOICE') then 'OTHER_DOCUMENT'
            else posting_kind
        end as bridge_class,
        'journal_line' as entity_type,
        source_instance,
        native_id,
        coalesce(reference, journal_id) as business_key,
        purchase_order_line_key,
        cast(null as string) as supplier_key,
        cast(null as string) as facility_code,
        owed_amount as amount
    from postings
    where owed_amount <> 0
),

final as (
    select
        parts.*,
        run.as_of
    from parts
    cross join run
)

select * from final
