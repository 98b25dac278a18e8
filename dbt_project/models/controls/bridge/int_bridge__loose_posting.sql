-- One row per journal line on an account of goods received and not invoiced, and class, that stands for no order line of that account (domain_rules 3.9, R-8).
with

postings as (
    select
        *,
        case
            when is_foreign then 'OTHER_LEDGER'
            when posting_kind in ('RECEIPT', 'INVOICE') then 'OTHER_DOCUMENT'
            else posting_kind
        end as bridge_class
    from {{ ref('int_bridge__posting') }}
    where purchase_order_line_key is null or is_foreign or posting_kind not in ('RECEIPT', 'INVOICE')
),

-- An invoice booked as a whole may be laid on several order lines of another ledger.
final as (
    select
        legal_entity_code,
        source_instance,
        account_code,
        currency_code,
        native_id,
        bridge_class,
        min(coalesce(reference, journal_id)) as business_key,
        case when count(*) = 1 then min(purchase_order_line_key) end as purchase_order_line_key,
        {{ money('sum(owed_amount)') }} as owed_amount
    from postings
    group by legal_entity_code, source_instance, account_code, currency_code, native_id, bridge_class
)

select * from final
