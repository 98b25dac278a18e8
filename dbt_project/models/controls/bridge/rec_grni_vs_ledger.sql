-- One row per PO line, or posting without one, and part of the balance of goods received and not invoiced: what is owed, and why the ledger shows another amount (domain_rules 3.9 bridge, R-8).
with

accounts as (select * from {{ ref('int_bridge__account') }}),
lines as (select * from {{ ref('int_bridge__line') }}),
postings as (select * from {{ ref('int_bridge__loose_posting') }}),
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
        end as netting_class,
        -- A balance alone says of no document whether it is in it.
        accounts.is_itemized
    from lines
    inner join accounts
        on
            lines.legal_entity_code = accounts.legal_entity_code
            and lines.ledger_instance = accounts.source_instance
            and lines.account_code = accounts.account_code
),

parts as (
    {%- for class, amount, condition in [
        ("'GRNI'", 'grni_amount', 'true'),
        ("'INVOICED_NOT_POSTED'", 'not_posted_amount', 'true'),
        ("'IRNG'", '-irng_amount', 'true'),
        ("'CREDIT_EXPECTED'", '-credit_expected_amount', 'true'),
        ("'CREDIT_NOT_POSTED'", 'credit_amount', 'is_itemized'),
        ("'RECEIPT_ON_ITS_WAY'", 'late_amount', 'is_itemized'),
        ("'RECEIPT_NOT_IN_LEDGER'", 'missing_amount', 'is_itemized'),
        ("'UOM_DRIFT'", 'drift_amount', 'is_itemized'),
        ("'RECEIPT_VALUE'", 'valuation_amount', 'is_itemized'),
        ("'INVOICE_NOT_IN_LEDGER'", 'unbooked_amount', 'is_itemized'),
        ("'PRICE_VARIANCE'", 'price_amount', 'is_itemized'),
        ("'OTHER_DOCUMENT'", 'undocumented_amount', 'is_itemized'),
        ('netting_class', 'netting_amount', 'is_itemized'),
        ("'NOT_ITEMIZED'", '-owed_amount', 'not is_itemized'),
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
    where {{ amount }} <> 0 and {{ condition }}
    union all
    {%- endfor %}
    select
        legal_entity_code,
        source_instance as ledger_instance,
        account_code,
        currency_code,
        bridge_class,
        'journal_line' as entity_type,
        source_instance,
        native_id,
        business_key,
        purchase_order_line_key,
        cast(null as string) as supplier_key,
        cast(null as string) as facility_code,
        owed_amount as amount
    from postings
    where owed_amount <> 0
    union all
    select
        legal_entity_code,
        source_instance as ledger_instance,
        account_code,
        currency_code,
        bridge_class,
        'account_balance' as entity_type,
        source_instance,
        native_id,
        account_code || ' at ' || cast(balance_date as string) as business_key,
        cast(null as string) as purchase_order_line_key,
        cast(null as string) as supplier_key,
        cast(null as string) as facility_code,
        amount
    from {{ ref('int_bridge__balance') }}
    where amount <> 0
),

final as (
    select
        parts.*,
        run.as_of
    from parts
    cross join run
)

select * from final
