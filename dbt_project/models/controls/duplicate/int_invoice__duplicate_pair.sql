-- One row per two invoices that seem to be one, the later first, and the rule that says so (domain_rules 3.4.9).
with

invoices as (select * from {{ ref('int_invoice__number') }}),
lines as (
    select invoice_key, purchase_order_line_key
    from {{ ref('fct_invoice_line') }}
    where purchase_order_line_key is not null
    group by invoice_key, purchase_order_line_key
),

-- Only invoices that share one of these are compared, so that a long ledger costs no more than its length.
blocks as (
    select invoice_key, 'number|' || number_form || '|' || amount_text as block from invoices where number_form <> ''
    union all
    select invoice_key, 'date|' || number_form || '|' || cast(invoice_date as string) as block
    from invoices
    where number_form <> ''
    union all
    select invoice_key, 'short|' || short_form || '|' || amount_text as block from invoices where short_form <> ''
    union all
    select invoice_key, 'image|' || document_hash as block from invoices where document_hash is not null
    union all
    select invoices.invoice_key, 'order|' || lines.purchase_order_line_key || '|' || invoices.amount_text as block
    from invoices
    inner join lines on invoices.invoice_key = lines.invoice_key
    union all
    -- Where a supplier bills an amount again and again, its coming twice says nothing.
    select invoice_key, 'amount|' || amount_text as block from invoices where order_lines is null and amount_count = 2
),

placed as (
    select
        blocks.block,
        invoices.invoice_key,
        invoices.supplier_key,
        invoices.arrival_rank,
        invoices.source_instance,
        invoices.write_policy
    from blocks
    inner join invoices on blocks.invoice_key = invoices.invoice_key
),

-- A copy in the system that replicates is no second document.
pairs as (
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
    group by later.invoice_key, earlier.invoice_key
),

compared as (
    select
        pairs.invoice_key,
        pairs.other_key,
        pairs.is_same_order,
        earlier.arrival_rank,
        earlier.source_instance <> later.source_instance as is_elsewhere,
        earlier.number_form = later.number_form as is_same_number,
        earlier.short_form = later.short_form and later.short_form <> '' as is_same_short_number,
        {{ is_one_edit_apart('earlier.number_form', 'later.number_form') }} as is_typing_error,
        earlier.amount_text = later.amount_text as is_same_amount,
        earlier.invoice_date = later.invoice_date as is_same_date,
        abs({{ days_between('earlier.invoice_date', 'later.invoice_date') }}) <= 7 as is_same_week,
        coalesce(earlier.document_hash = later.document_hash, false) as is_same_image,
        coalesce(earlier.order_lines = later.order_lines, false) as is_same_order_lines,
        not earlier.is_backed or not later.is_backed as is_unbacked,
        earlier.is_over_ordered or later.is_over_ordered as is_over_ordered
    from pairs
    inner join invoices as later on pairs.invoice_key = later.invoice_key
    inner join invoices as earlier on pairs.other_key = earlier.invoice_key
),

classed as (
    select
        compared.*,
        case
            when is_same_number and is_same_amount and is_elsewhere then 'D8'
            when is_same_image then 'D7'
            when is_same_number and is_same_amount then 'D1'
            when is_same_number and is_same_date then 'D2'
            when not is_same_amount then null
            when is_same_short_number and is_same_week then 'D3'
            when is_typing_error and not is_same_order and is_same_week then 'D6'
            when is_typing_error and is_same_order and is_unbacked and (is_same_week or is_over_ordered) then 'D6'
            when is_same_date and is_same_order_lines then 'D4'
            when is_same_order and is_over_ordered and is_unbacked then 'D5'
        end as duplicate_class
    from compared
),

final as (
    select invoice_key, other_key, arrival_rank, duplicate_class from classed where duplicate_class is not null
)

select * from final
