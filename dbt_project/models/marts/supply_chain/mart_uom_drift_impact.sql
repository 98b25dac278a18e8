-- One row per drift of a unit and document line in it on its days: ratio, interval, quantity read, quantity right, restatement (domain_rules 3.3.3).
with

documents as (select * from {{ ref('rec_document_vs_item_unit') }}),
items as (select * from {{ ref('dim_item') }}),

final as (
    select
        documents.subject_key as drift_id,
        documents.source_instance,
        documents.item_key,
        items.item_number,
        items.description as item_description,
        documents.source_uom_code,
        documents.uom_code,
        items.base_uom_code,
        documents.master_instance,
        documents.stated_factor,
        documents.record_factor,
        documents.ratio,
        documents.valid_from as drift_from,
        documents.valid_to as drift_to,
        documents.document_type,
        documents.document_instance,
        documents.document_native_id,
        documents.document_number,
        documents.document_date,
        documents.quantity,
        documents.recorded_quantity,
        documents.corrected_quantity,
        documents.restated_quantity,
        documents.restated_amount
    from documents
    left join items on documents.item_key = items.item_key
)

select * from final
