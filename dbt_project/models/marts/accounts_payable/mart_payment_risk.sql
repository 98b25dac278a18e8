-- One row per invoice that is not paid: when it is due, what holds it, which discount is about to be lost (domain_rules 3.6.4).
with

dues as (select * from {{ ref('rec_invoice_vs_due_date') }} where not is_paid),
matches as (select * from {{ ref('rec_invoice_line_vs_purchase_order_line') }}),
holds as (select * from {{ ref('rec_payment_hold_vs_delivery') }} where reason_codes is not null),
supplier_records as (select * from {{ ref('dim_supplier_record') }}),
suppliers as (select * from {{ ref('dim_supplier') }}),
run as (select * from {{ ref('dim_run') }}),

held_lines as (
    select
        invoice_key,
        max(case when match_status = 'EXCEPTION' then 1 else 0 end) as has_exception
    from matches
    where match_status in ('EXCEPTION', 'WAITING')
    group by invoice_key
),

held_suppliers as (
    select
        supplier_records.supplier_key,
        max(holds.reason_codes) as reason_codes
    from holds
    inner join supplier_records
        on
            holds.source_instance = supplier_records.source_instance
            and holds.supplier_id = supplier_records.native_id
    group by supplier_records.supplier_key
),

judged as (
    select
        dues.*,
        suppliers.supplier_name,
        held_suppliers.reason_codes as supplier_hold,
        case
            when held_lines.has_exception = 1 then 'EXCEPTION'
            when held_lines.has_exception = 0 then 'WAITING'
            when held_suppliers.supplier_key is not null then 'SUPPLIER'
        end as held_by,
        run.as_of
    from dues
    cross join run
    left join held_lines on dues.invoice_key = held_lines.invoice_key
    left join held_suppliers on dues.supplier_key = held_suppliers.supplier_key
    left join suppliers on dues.supplier_key = suppliers.supplier_key
),

final as (
    select
        source_instance,
        native_id,
        invoice_number,
        legal_entity_code,
        facility_code,
        supplier_key,
        supplier_name,
        invoice_date,
        payment_term_code,
        due_date,
        {{ days_between('as_of', 'due_date') }} as days_until_due,
        held_by,
        supplier_hold,
        case
            when due_date < as_of and held_by is not null then 'OVERDUE_HELD'
            when due_date < as_of then 'OVERDUE'
            when discount_until between as_of and {{ add_days('as_of', 7) }} then 'DISCOUNT_LAPSING'
            when due_date <= {{ add_days('as_of', 7) }} and held_by is not null then 'DUE_SOON_HELD'
            when held_by is not null then 'HELD'
            when due_date is null then 'NO_TERMS'
            else 'ON_TIME'
        end as risk_code,
        currency_code,
        gross_amount,
        {{ money('asked_amount - paid_amount') }} as open_amount,
        discount_until,
        case when discount_until >= as_of then discount_available_amount else {{ money('0') }} end
            as discount_at_risk_amount,
        case when discount_until < as_of then discount_available_amount else {{ money('0') }} end
            as discount_lost_amount
    from judged
)

select * from final
