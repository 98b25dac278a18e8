-- One row per legal entity and check of a close that the landscape has the data to answer (domain_rules 3.15).
with

entities as (select * from {{ ref('int_close__entity') }}),

-- What there is, and for which entity; null is all.
{% set sources = [
    ('periods', 'int_close__entity', 'legal_entity_code', 'period_instance is not null'),
    ('invoices', 'int_close__document', 'legal_entity_code', "entity_type = 'invoice'"),
    ('receipts', 'int_close__document', 'legal_entity_code', "entity_type = 'receipt_line'"),
    ('account', 'stg_landscape__accrual_owner', 'legal_entity_code', "doc_class = 'RECEIPT'"),
    ('target', 'stg_landscape__posting_owner', 'legal_entity_code', "doc_class not in ('INVOICE', 'RECEIPT')"),
    ('sets', 'can_transaction_set', none, 'true'),
    ('rules', 'stg_landscape__account_rule', none, 'true'),
    ('bank_accounts', 'can_supplier_bank_account_version', none, 'true'),
    ('order_copies', 'int_replica', 'legal_entity_code', "domain = 'purchase_order'"),
    ('receipt_copies', 'int_replica', 'legal_entity_code', "domain = 'receipt'"),
    ('invoice_copies', 'int_replica', 'legal_entity_code', "domain = 'invoice'"),
    ('payment_copies', 'int_replica', 'legal_entity_code', "domain = 'payment'"),
    ('supplier_copies', 'int_replica__master', none, "domain = 'supplier'"),
    ('item_copies', 'int_replica__master', none, "domain = 'item'"),
    ('price_copies', 'int_replica__master', none, "domain = 'contract'"),
    ('control_account', 'int_control_account__posting', 'legal_entity_code', "entity_type = 'invoice'"),
    ('ledger', 'fct_gl_posting', 'legal_entity_code', 'true'),
    ('chart', 'dim_gl_account', none, 'true'),
] %}
there as (
    {%- for name, relation, entity, condition in sources %}
    select
        '{{ name }}' as name,
        {{ entity or 'cast(null as string)' }} as legal_entity_code
    from {{ ref(relation) }}
    where {{ condition }}
    {{ 'group by ' ~ entity if entity else 'having count(*) > 0' }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

known as (
    select
        {%- for name, relation, entity, condition in sources %}
        max(case when there.name = '{{ name }}' then 1 else 0 end) = 1 as has_{{ name }},
        {%- endfor %}
        entities.legal_entity_code
    from entities
    left join there on coalesce(there.legal_entity_code = entities.legal_entity_code, true)
    group by entities.legal_entity_code
),

final as (
    {%- for code, condition in [
        ('UNPOSTED_INVOICE', 'has_invoices'),
        ('LATE_RECORDED', 'has_receipts'),
        ('WRONG_PERIOD', 'has_invoices or has_receipts'),
        ('CLOSED_PERIOD_DATED', 'has_periods and has_invoices'),
        ('GRNI_UNEXPLAINED', 'has_account'),
        ('IRNG_AGED', 'has_receipts and has_invoices'),
        ('INTERFACE_REJECT', 'has_target or has_sets'),
        ('OUTBOX_NOT_CONFIRMED', 'has_target'),
        ('DERIVATION_FAILURE', 'has_rules and has_invoices'),
        ('DUPLICATE_UNRESOLVED', 'has_invoices'),
        ('BANK_CHANGE_PENDING', 'has_bank_accounts and has_invoices'),
        ('RECON_PURCHASE_ORDER', 'has_order_copies'),
        ('RECON_RECEIPT', 'has_receipt_copies'),
        ('RECON_INVOICE', 'has_invoice_copies'),
        ('RECON_PAYMENT', 'has_payment_copies'),
        ('RECON_SUPPLIER', 'has_supplier_copies'),
        ('RECON_ITEM', 'has_item_copies'),
        ('RECON_CONTRACT_PRICE', 'has_price_copies'),
        ('RECON_CONTROL_ACCOUNT', 'has_control_account'),
        ('RECON_ACCOUNT_CODE', 'has_ledger and has_chart'),
    ] %}
    select
        legal_entity_code,
        '{{ code }}' as check_code
    from known
    where {{ condition }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
