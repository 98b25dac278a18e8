-- One row per PO line, or invoice without one: the account on which the ledgers carry its cost (domain_rules 3.10).
with

postings as (
    select * from {{ ref('fct_gl_posting') }}
    where subledger_type in ('RECEIPT', 'INVOICE') and account_code is not null
),
-- What is owed, cleared or sold is not the cost of the line.
balance_accounts as (
    select account_code from {{ ref('dim_gl_account') }}
    where account_type in ('LIABILITY', 'EQUITY', 'REVENUE')
    group by account_code
),
charted as (select count(*) as account_count from {{ ref('dim_gl_account') }}),

summed as (
    select
        postings.purchase_order_line_key,
        case when postings.purchase_order_line_key is null then postings.invoice_key end as invoice_key,
        postings.account_code,
        abs(sum(postings.amount)) as amount
    from postings
    cross join charted
    left join balance_accounts on postings.account_code = balance_accounts.account_code
    where
        balance_accounts.account_code is null
        and charted.account_count > 0
        and coalesce(postings.purchase_order_line_key, postings.invoice_key) is not null
    group by
        postings.purchase_order_line_key,
        case when postings.purchase_order_line_key is null then postings.invoice_key end,
        postings.account_code
    having sum(postings.amount) <> 0
),

-- An invoice's own postings are those of its charges too: only one account answers for all its lines.
counted as (
    select
        summed.*,
        count(*) over (partition by purchase_order_line_key, invoice_key) as account_count,
        row_number() over (
            partition by purchase_order_line_key, invoice_key order by amount desc nulls last, account_code
        ) as preference
    from summed
),

final as (
    select
        purchase_order_line_key,
        invoice_key,
        account_code
    from counted
    where preference = 1 and (purchase_order_line_key is not null or account_count = 1)
)

select * from final
