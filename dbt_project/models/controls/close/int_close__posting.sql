-- One row per document in its period: recorded late, posted elsewhere, open though closed (domain_rules 3.15).
with

documents as (select * from {{ ref('int_close__document') }}),
periods as (select * from {{ ref('int_close__period') }}),

-- What came late is posted where it came, and at the latest while that period is closed.
placed as (
    select
        documents.*,
        own_periods.period_code,
        own_periods.ends_on as period_end,
        own_periods.close_state,
        own_periods.is_ap_closed,
        documents.posted_on < own_periods.starts_on as is_posted_early,
        documents.posted_on > own_periods.ends_on and documents.posted_on > came_periods.closes_by as is_posted_late,
        row_number() over (
            partition by documents.document_key
            order by own_periods.starts_on, own_periods.period_code, came_periods.closes_by desc nulls last
        ) as place
    from documents
    inner join periods as own_periods
        on
            documents.legal_entity_code = own_periods.legal_entity_code
            and documents.document_date between own_periods.starts_on and own_periods.ends_on
    left join periods as came_periods
        on
            documents.legal_entity_code = came_periods.legal_entity_code
            and greatest(documents.document_date, documents.came_on)
            between came_periods.starts_on and came_periods.ends_on
),

final as (
    select
        entity_type,
        document_key,
        source_instance,
        native_id,
        business_key,
        legal_entity_code,
        facility_code,
        supplier_key,
        purchase_order_line_key,
        document_date,
        came_on,
        posted_on,
        period_code,
        period_end,
        close_state,
        currency_code,
        amount,
        entity_type = 'receipt_line' and coalesce(came_on > period_end, false) as is_late_recorded,
        coalesce(is_posted_early, false) or coalesce(is_posted_late, false) as is_wrong_period,
        entity_type = 'invoice' and is_ap_closed and not is_posted as is_closed_dated
    from placed
    where place = 1
)

select * from final
