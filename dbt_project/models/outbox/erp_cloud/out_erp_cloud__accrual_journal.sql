-- One row per accrual journal or reversal the cloud ERP should post: only what it cannot see by itself (domain_rules 3.9, 3.13).
with

journals as (select * from {{ ref('rec_accrual_vs_delivery') }}),
instances as (select * from {{ ref('stg_landscape__instance') }} where source_system = 'erp_cloud'),

final as (
    select
        journals.posting_key,
        journals.business_key,
        journals.target_instance,
        journals.depends_on,
        journals.doc_class,
        journals.legal_entity_code,
        journals.source_instance,
        journals.native_id,
        journals.period_code,
        journals.document_reference,
        journals.posting_date,
        journals.reversal_date,
        journals.currency_code,
        journals.amount,
        journals.debit_account_code,
        journals.credit_account_code,
        journals.cost_center_code,
        journals.header_text,
        journals.po_number,
        journals.po_line_number,
        journals.reverses_reference,
        {{ concord_key(['journals.legal_entity_code', 'journals.posting_date', 'journals.reversal_date',
            'journals.currency_code', 'journals.amount', 'journals.debit_account_code', 'journals.credit_account_code',
            'journals.cost_center_code', 'journals.reverses_reference']) }} as payload_hash
    from journals
    inner join instances on journals.target_instance = instances.source_instance
)

select * from final
