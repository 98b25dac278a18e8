-- Of the versions known, staging shows exactly one current row a key: versions = current + superseded, for every raw table.
{{ config(meta={'dagster': {'ref': {'name': 'stg_uk_spend__invoice_line'}}}) }}
{% set hops = [
    ('raw_procurement', 'supplier', 'stg_procurement__supplier'),
    ('raw_procurement', 'supplier_certificate', 'stg_procurement__supplier_certificate'),
    ('raw_procurement', 'item', 'stg_procurement__item'),
    ('raw_procurement', 'supplier_item', 'stg_procurement__supplier_item'),
    ('raw_procurement', 'purchase_order', 'stg_procurement__purchase_order'),
    ('raw_procurement', 'purchase_order_line', 'stg_procurement__purchase_order_line'),
    ('raw_apauto', 'vendor', 'stg_apauto__vendor'),
    ('raw_apauto', 'invoice', 'stg_apauto__invoice'),
    ('raw_apauto', 'invoice_line', 'stg_apauto__invoice_line'),
    ('raw_inventory', 'item', 'stg_inventory__item'),
    ('raw_inventory', 'item_unit', 'stg_inventory__item_unit'),
    ('raw_inventory', 'receipt', 'stg_inventory__receipt'),
    ('raw_erp_cloud', 'supplier', 'stg_erp_cloud__supplier'),
    ('raw_erp_cloud', 'cost_center', 'stg_erp_cloud__cost_center'),
    ('raw_erp_cloud', 'gl_account', 'stg_erp_cloud__gl_account'),
    ('raw_erp_cloud', 'product', 'stg_erp_cloud__product'),
    ('raw_erp_cloud', 'product_unit', 'stg_erp_cloud__product_unit'),
    ('raw_erp_cloud', 'purchase_order', 'stg_erp_cloud__purchase_order'),
    ('raw_erp_cloud', 'purchase_order_item', 'stg_erp_cloud__purchase_order_item'),
    ('raw_erp_cloud', 'material_document_item', 'stg_erp_cloud__material_document_item'),
    ('raw_erp_cloud', 'supplier_invoice', 'stg_erp_cloud__supplier_invoice'),
    ('raw_erp_cloud', 'ap_item', 'stg_erp_cloud__ap_item'),
    ('raw_erp_cloud', 'journal_entry_item', 'stg_erp_cloud__journal_entry_item'),
    ('raw_erp_legacy', 'vendor', 'stg_erp_legacy__vendor'),
    ('raw_erp_legacy', 'po_hdr', 'stg_erp_legacy__po_hdr'),
    ('raw_erp_legacy', 'po_line', 'stg_erp_legacy__po_line'),
    ('raw_erp_legacy', 'recv_ln_ship', 'stg_erp_legacy__recv_ln_ship'),
    ('raw_erp_legacy', 'voucher', 'stg_erp_legacy__voucher'),
    ('raw_erp_legacy', 'pymnt_vchr_xref', 'stg_erp_legacy__pymnt_vchr_xref'),
    ('raw_erp_legacy', 'payment_tbl', 'stg_erp_legacy__payment_tbl'),
    ('raw_erp_legacy', 'jrnl_ln', 'stg_erp_legacy__jrnl_ln'),
    ('raw_sourcing', 'contract', 'stg_sourcing__contract'),
    ('raw_sourcing', 'contract_price', 'stg_sourcing__contract_price'),
    ('raw_procurement', 'contract_price', 'stg_procurement__contract_price'),
    ('raw_workforce', 'location', 'stg_workforce__location'),
    ('raw_workforce', 'cost_center', 'stg_workforce__cost_center'),
    ('raw_distributor', 'transaction_set', 'stg_distributor__transaction_set'),
    ('raw_distributor', 'functional_acknowledgement', 'stg_distributor__functional_acknowledgement'),
    ('raw_distributor', 'acknowledgement_line', 'stg_distributor__acknowledgement_line'),
    ('raw_distributor', 'ship_notice_line', 'stg_distributor__ship_notice_line'),
    ('raw_distributor', 'invoice', 'stg_distributor__invoice'),
    ('raw_distributor', 'invoice_line', 'stg_distributor__invoice_line'),
    ('raw_distributor', 'catalogue_price', 'stg_distributor__catalogue_price'),
    ('raw_uk_spend', 'payment_line', 'stg_uk_spend__invoice_line'),
    ('raw_feed', 'purchase_order', 'stg_feed__purchase_order'),
    ('raw_feed', 'purchase_order_line', 'stg_feed__purchase_order_line'),
    ('raw_feed', 'receipt_line', 'stg_feed__receipt_line'),
    ('raw_feed', 'invoice', 'stg_feed__invoice'),
    ('raw_feed', 'invoice_line', 'stg_feed__invoice_line'),
    ('raw_feed', 'payment', 'stg_feed__payment'),
    ('raw_feed', 'contract_price', 'stg_feed__contract_price'),
    ('raw_feed', 'journal_line', 'stg_feed__journal_line'),
] %}
with

run as (select * from {{ source('raw_landscape', 'run') }}),

counted as (
    {%- for dataset, raw_table, model in hops %}
    select
        '{{ model }}' as model_name,
        (
            select count(*) from (
                select raw_rows._source_instance, raw_rows._row_key
                from {{ source(dataset, raw_table) }} as raw_rows
                inner join run on raw_rows._known_at <= run.known_at
                group by raw_rows._source_instance, raw_rows._row_key
            ) as known_keys
        ) as known_keys,
        (select count(*) from {{ ref(model) }}) as current_rows
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from counted where known_keys <> current_rows
