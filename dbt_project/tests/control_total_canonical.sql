-- Staging and canonical hold the same rows and amounts per instance: no system is dropped or doubled in the union.
{{ config(meta={'dagster': {'ref': {'name': 'can_invoice_line'}}}) }}
{% set hops = [
    ('can_purchase_order_line', [
        'stg_procurement__purchase_order_line', 'stg_erp_cloud__purchase_order_item', 'stg_erp_legacy__po_line',
        'stg_feed__purchase_order_line',
    ], 'line_amount'),
    ('can_receipt_line', [
        'stg_inventory__receipt', 'stg_erp_cloud__material_document_item', 'stg_erp_legacy__recv_ln_ship',
        'stg_feed__receipt_line',
    ], 'quantity'),
    ('can_invoice', [
        'stg_apauto__invoice', 'stg_erp_cloud__supplier_invoice', 'stg_erp_legacy__voucher', 'stg_feed__invoice',
        'stg_uk_spend__invoice',
    ], 'gross_amount'),
    ('can_invoice_line', ['stg_apauto__invoice_line', 'stg_feed__invoice_line', 'stg_uk_spend__invoice_line'], 'line_amount'),
    ('can_payment', [
        'stg_erp_cloud__payment', 'stg_erp_legacy__payment_tbl', 'stg_feed__payment', 'stg_uk_spend__payment',
    ], 'amount'),
    ('can_journal_line', [
        'stg_erp_cloud__journal_entry_item', 'stg_erp_legacy__jrnl_ln', 'stg_feed__journal_line',
    ], 'debit_amount - credit_amount'),
    ('can_facility', ['stg_erp_cloud__plant', 'stg_workforce__location', 'stg_feed__facility'], '0'),
    ('can_cost_center', [
        'stg_erp_cloud__cost_center', 'stg_workforce__cost_center', 'stg_uk_spend__cost_center', 'stg_feed__cost_center',
    ], '0'),
    ('can_contract_price', [
        'stg_sourcing__contract_price', 'stg_procurement__contract_price', 'stg_feed__contract_price',
        'stg_distributor__catalogue_price',
    ], 'unit_price'),
    ('can_po_acknowledgement_line', [
        'stg_distributor__acknowledgement_line', 'stg_feed__po_acknowledgement_line',
    ], 'quantity'),
    ('can_contract', ['stg_sourcing__contract', 'stg_distributor__catalogue', 'stg_feed__contract'], '0'),
    ('can_supplier_bill', ['stg_distributor__invoice'], 'gross_amount'),
    ('can_supplier_bill_line', ['stg_distributor__invoice_line'], 'line_amount'),
    ('can_ship_notice_line', ['stg_distributor__ship_notice_line', 'stg_feed__ship_notice_line'], 'quantity'),
] %}
with

staged as (
    {%- for canonical, models, amount in hops %}
    {%- set last_hop = loop.last %}
    {%- set own = fromjson(own_staging()).get(canonical[4:], {}) %}
    {%- for model in models + own.values() | list %}
    select '{{ canonical }}' as entity, source_instance, count(*) as staged_rows, sum({{ amount }}) as staged_amount
    from {{ ref(model) }}
    {%- if own and model.startswith('stg_feed__') %}
    where source_instance not in ('{{ own | join("', '") }}')
    {%- endif %}
    group by source_instance
    {%- if not (last_hop and loop.last) %}
    union all
    {%- endif %}
    {%- endfor %}
    {%- endfor %}
),

united as (
    {%- for canonical, models, amount in hops %}
    select
        '{{ canonical }}' as entity,
        source_instance,
        count(*) as canonical_rows,
        sum({{ amount }}) as canonical_amount
    from {{ ref(canonical) }}
    group by source_instance
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    coalesce(staged.entity, united.entity) as entity,
    coalesce(staged.source_instance, united.source_instance) as source_instance,
    staged.staged_rows,
    united.canonical_rows,
    staged.staged_amount,
    united.canonical_amount
from staged
full outer join united on staged.entity = united.entity and staged.source_instance = united.source_instance
where
    staged.staged_rows is distinct from united.canonical_rows
    or staged.staged_amount is distinct from united.canonical_amount
