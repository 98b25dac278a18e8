-- One row per legal entity (null = all), document class and interval: the only target that may be posted to.
with

source_rows as (select * from {{ source('raw_landscape', 'posting_owner') }}),

final as (
    select
        legal_entity_code,
        upper(doc_class) as doc_class,
        upper(open_item_rule) as open_item_rule,
        target_instance,
        valid_from,
        valid_to
    from source_rows
)

select * from final
