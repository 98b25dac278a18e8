-- One row per two invoices of one supplier that share enough to be compared, the later first (domain_rules 3.4.9).
with

invoices as (select * from {{ ref('int_invoice__number') }}),
lines as (
    select invoice_key, purchase_order_line_key
    from {{ ref('fct_invoice_line') }}
    where purchase_order_line_key is not null
    group by invoice_key, purchase_order_line_key
),
weeks as (
    select invoice_key, amount_text, cast({{ divide('day_number', 7, 0) }} as integer) as week_number
    from invoices
    where week_count > 1
),

-- Only invoices that share one of these are compared, so that a long ledger costs no more than its length.
blocks as (
    select
        invoice_key,
        'number|' || number_form || '|' || amount_text
        || case when is_number_reference then '|' || cast(invoice_date as string) else '' end as block
    from invoices
    where number_form <> ''
    union all
    select invoice_key, 'date|' || number_form || '|' || cast(invoice_date as string) as block
    from invoices
    where number_form <> '' and not is_number_reference
    union all
    select
        invoice_key,
        'short|' || short_form || '|' || amount_text
        || case when is_number_reference then '|' || cast(invoice_date as string) else '' end as block
    from invoices
    where short_form <> ''
    union all
    select invoice_key, 'image|' || document_hash as block from invoices where document_hash is not null
    union all
    select invoices.invoice_key, 'order|' || lines.purchase_order_line_key || '|' || invoices.amount_text as block
    from invoices
    inner join lines on invoices.invoice_key = lines.invoice_key
    union all
    -- Seven days reach into the next week at most.
    select invoice_key, 'week|' || amount_text || '|' || cast(week_number as string) as block from weeks
    union all
    select invoice_key, 'week|' || amount_text || '|' || cast(week_number + 1 as string) as block from weeks
    union all
    select invoice_key, 'year|' || invoice_key as block from invoices where is_number_of_other_year
    union all
    select first_key as invoice_key, 'year|' || invoice_key as block from invoices where is_number_of_other_year
),

placed as (
    select
        blocks.block,
        invoices.invoice_key,
        invoices.supplier_key,
        invoices.arrival_rank,
        invoices.week_count,
        invoices.source_instance,
        invoices.write_policy
    from blocks
    inner join invoices on blocks.invoice_key = invoices.invoice_key
),

-- A copy in the system that replicates is no second document. Where a supplier bills an amount every few days around
-- the later one, its coming twice says nothing.
final as (
    select
        later.invoice_key,
        earlier.invoice_key as other_key,
        max(case when later.block like 'order|%' then 1 else 0 end) = 1 as is_same_order
    from placed as earlier
    inner join placed as later
        on
            earlier.supplier_key = later.supplier_key
            and earlier.block = later.block
            and earlier.arrival_rank < later.arrival_rank
            and (earlier.source_instance = later.source_instance or earlier.write_policy = later.write_policy)
            and (later.block not like 'week|%' or later.week_count <= 3)
    group by later.invoice_key, earlier.invoice_key
)

select * from final
