-- One row per account or cost center posted to while it was not valid or takes no postings, or entity billed on days without a tax exemption.
with

postings as (select * from {{ ref('fct_gl_posting') }}),
accounts as (select * from {{ ref('dim_gl_account') }}),
cost_centers as (select * from {{ ref('dim_cost_center') }}),
invoices as (select * from {{ ref('fct_invoice') }} where not is_void),
exemptions as (select * from {{ ref('stg_landscape__tax_exemption') }}),

-- A code that the masters do not list at all is no inactive one: where no chart was loaded nothing is judged.
listed_accounts as (select source_instance, account_code from accounts group by source_instance, account_code),
listed_cost_centers as (
    select legal_entity_code, cost_center_code from cost_centers group by legal_entity_code, cost_center_code
),

to_accounts as (
    select
        'gl_account' as entity_type,
        postings.source_instance,
        postings.account_code as reference_code,
        postings.posting_date,
        postings.amount,
        coalesce(accounts.is_postable, true) as is_open_to_postings
    from postings
    inner join listed_accounts
        on
            postings.source_instance = listed_accounts.source_instance
            and postings.account_code = listed_accounts.account_code
    left join accounts
        on
            postings.source_instance = accounts.source_instance
            and postings.account_code = accounts.account_code
            and {{ in_interval('postings.posting_date', 'accounts.valid_from', 'accounts.valid_to') }}
    where accounts.gl_account_key is null or not coalesce(accounts.is_postable, true)
),

to_cost_centers as (
    select
        'cost_center' as entity_type,
        postings.source_instance,
        postings.legal_entity_code || '|' || postings.cost_center_code as reference_code,
        postings.posting_date,
        postings.amount,
        true as is_open_to_postings
    from postings
    inner join listed_cost_centers
        on
            postings.legal_entity_code = listed_cost_centers.legal_entity_code
            and postings.cost_center_code = listed_cost_centers.cost_center_code
    left join cost_centers
        on
            postings.legal_entity_code = cost_centers.legal_entity_code
            and postings.cost_center_code = cost_centers.cost_center_code
            and {{ in_interval('postings.posting_date', 'cost_centers.valid_from', 'cost_centers.valid_to') }}
    where cost_centers.cost_center_key is null
),

-- An entity whose tax is governed at all and whose bill came on a day for which nothing is said of it.
governed as (
    select legal_entity_code from exemptions where legal_entity_code is not null group by legal_entity_code
),

without_exemption as (
    select
        'tax_exemption' as entity_type,
        'landscape' as source_instance,
        invoices.legal_entity_code || '|*|*' as reference_code,
        invoices.invoice_date as posting_date,
        invoices.gross_amount as amount,
        true as is_open_to_postings
    from invoices
    inner join governed on invoices.legal_entity_code = governed.legal_entity_code
    left join exemptions
        on
            coalesce(exemptions.legal_entity_code = invoices.legal_entity_code, true)
            and {{ in_interval('invoices.invoice_date', 'exemptions.valid_from', 'exemptions.valid_to') }}
    where exemptions.is_exempt is null and exemptions.rate is null
),

final as (
    select
        entity_type,
        source_instance,
        reference_code,
        count(*) as posting_count,
        sum(case when is_open_to_postings then 0 else 1 end) as not_postable_count,
        min(posting_date) as first_posting_date,
        max(posting_date) as last_posting_date,
        {{ money('sum(abs(amount))') }} as amount
    from (
        select * from to_accounts
        union all
        select * from to_cost_centers
        union all
        select * from without_exemption
    ) as used
    group by entity_type, source_instance, reference_code
)

select * from final
