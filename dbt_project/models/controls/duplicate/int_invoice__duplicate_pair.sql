-- One row per two invoices that seem to be one, the later first, and the rule that says so (domain_rules 3.4.9).
with

invoices as (select * from {{ ref('int_invoice__number') }}),
candidates as (select * from {{ ref('int_invoice__duplicate_candidate') }}),

compared as (
    select
        candidates.invoice_key,
        candidates.other_key,
        candidates.is_same_order,
        earlier.arrival_rank,
        earlier.source_instance <> later.source_instance as is_elsewhere,
        earlier.number_form = later.number_form as is_same_number,
        earlier.short_form = later.short_form and later.short_form <> '' as is_same_short_number,
        {{ is_one_edit_apart('earlier.number_form', 'later.number_form') }} as is_typing_error,
        {{ is_near_in_sequence('earlier.number_form', 'later.number_form', 'earlier.short_form', 'later.short_form') }}
            as is_near_in_sequence,
        earlier.amount_text = later.amount_text as is_same_amount,
        earlier.invoice_date = later.invoice_date as is_same_date,
        abs({{ days_between('earlier.invoice_date', 'later.invoice_date') }}) <= 7 as is_same_week,
        coalesce(earlier.document_hash = later.document_hash, false) as is_same_image,
        coalesce(earlier.order_lines = later.order_lines, false) as is_same_order_lines,
        -- Of two bills without an order only their numbers tell; one with an order may have been typed again without it.
        earlier.order_lines is null and later.order_lines is null and later.amount_count = 2 as is_amount_of_two,
        (earlier.order_lines is null or later.order_lines is null) and later.week_count between 2 and 3
            as is_amount_of_few,
        not earlier.is_backed or not later.is_backed as is_unbacked,
        earlier.is_over_ordered or later.is_over_ordered as is_over_ordered,
        earlier.is_recurring or later.is_recurring as is_recurring,
        earlier.is_number_reference or later.is_number_reference as is_reference,
        earlier.invoice_key = later.first_key and later.is_number_of_other_year as is_restarted
    from candidates
    inner join invoices as later on candidates.invoice_key = later.invoice_key
    inner join invoices as earlier on candidates.other_key = earlier.invoice_key
),

-- A number that is a reference proves nothing; with amount and date it does.
classed as (
    select
        compared.*,
        case
            when is_same_number and is_same_amount and is_elsewhere and (is_same_date or not is_reference) then 'D8'
            when is_same_image then 'D7'
            when is_same_number and is_same_amount and (is_same_date or not is_reference) then 'D1'
            when is_same_number and is_same_date and not is_reference then 'D2'
            when is_restarted and not is_same_amount and not is_same_date and not is_reference then 'RESTARTED'
            when not is_same_amount then null
            when is_same_short_number and is_same_week and (is_same_date or not is_reference) then 'D3'
            when
                is_typing_error and not is_reference and not is_same_order and is_same_week
                and (is_amount_of_two or (is_amount_of_few and not is_near_in_sequence)) then 'D6'
            when
                is_typing_error and not is_reference and is_same_order and is_unbacked
                and (is_same_week or is_over_ordered) then 'D6'
            when is_same_date and is_same_order_lines and not is_recurring then 'D4'
            when is_same_order and is_over_ordered and is_unbacked then 'D5'
        end as duplicate_class
    from compared
),

final as (
    select invoice_key, other_key, arrival_rank, duplicate_class from classed where duplicate_class is not null
)

select * from final
