-- One row per invoice that asks for money and was not taken back, with its number in the first form (domain_rules 3.4.9).
with

invoices as (
    select
        *,
        {{ normalized_number('invoice_number') }} as number_form
    from {{ ref('fct_invoice') }}
    where not is_void and supplier_key is not null and gross_amount <> 0
),

-- A credit over the whole amount that names its invoice takes it back.
reversed as (
    select originals.invoice_key
    from invoices as originals
    inner join invoices as credits
        on
            originals.source_instance = credits.source_instance
            and originals.native_id = credits.original_invoice_id
            and credits.gross_amount < 0
    where credits.credit_kind = 'REVERSAL' or -credits.gross_amount >= originals.gross_amount
    group by originals.invoice_key
),

-- A credit that names none, but has the number and the amount of an invoice, takes back the first of them.
nameless as (
    select supplier_key, number_form, currency_code, -gross_amount as gross_amount, count(*) as credit_count
    from invoices
    where gross_amount < 0 and original_invoice_id is null
    group by supplier_key, number_form, currency_code, gross_amount
),

unreversed as (
    select
        invoices.*,
        row_number() over (
            partition by
                invoices.supplier_key, invoices.number_form, invoices.currency_code, invoices.gross_amount
            order by invoices.recorded_at, invoices.invoice_date, invoices.native_id
        ) as number_rank
    from invoices
    left join reversed on invoices.invoice_key = reversed.invoice_key
    where invoices.gross_amount > 0 and reversed.invoice_key is null
),

final as (
    select
        unreversed.invoice_key,
        unreversed.source_instance,
        unreversed.native_id,
        unreversed.supplier_key,
        unreversed.invoice_number,
        unreversed.number_form,
        unreversed.invoice_date,
        unreversed.recorded_at,
        unreversed.currency_code,
        unreversed.gross_amount,
        unreversed.document_hash
    from unreversed
    left join nameless
        on
            unreversed.supplier_key = nameless.supplier_key
            and unreversed.number_form = nameless.number_form
            and unreversed.currency_code = nameless.currency_code
            and unreversed.gross_amount = nameless.gross_amount
    where unreversed.number_rank > coalesce(nameless.credit_count, 0)
)

select * from final
