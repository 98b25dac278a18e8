-- One row per account of goods received and not invoiced of a ledger: does the ledger give the postings that make it up (domain_rules 3.9)?
with

owners as (select * from {{ ref('int_accrual__owner') }} where doc_class = 'RECEIPT'),
postings as (
    select * from {{ ref('fct_gl_posting') }}
    where not {{ is_conversion('source_code') }}
),

final as (
    select
        owners.legal_entity_code,
        owners.source_instance,
        owners.account_code,
        count(postings.gl_posting_key) > 0 as is_itemized
    from owners
    left join postings
        on
            owners.legal_entity_code = postings.legal_entity_code
            and owners.source_instance = postings.source_instance
            and owners.account_code = postings.account_code
    group by owners.legal_entity_code, owners.source_instance, owners.account_code
)

select * from final
