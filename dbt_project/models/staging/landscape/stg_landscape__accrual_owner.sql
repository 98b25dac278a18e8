-- One row per legal entity, document class and interval: who holds the accrual, and on which accounts.
with

source_rows as (select * from {{ source('raw_landscape', 'accrual_owner') }}),

final as (
    select
        legal_entity_code,
        upper(doc_class) as doc_class,
        account_code,
        offset_account_code,
        source_instance,
        valid_from,
        valid_to,
        coalesce(materiality_floor, 0) as materiality_floor
    from source_rows
)

select * from final
