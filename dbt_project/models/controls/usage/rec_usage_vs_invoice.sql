-- One row per cut-off and PO line that use in cases stands for, or use that nobody ordered yet: used against billed and posted (domain_rules 3.5, 3.9).
with

days as (select * from {{ ref('int_purchase_order_line__usage_day') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
classes as (select * from {{ ref('int_contract_price__class') }} where is_judged),
unordered as (select * from {{ ref('int_usage_event__unordered') }}),
period_ends as (select * from {{ ref('int_accrual__cutoff') }}),
run as (select * from {{ ref('stg_landscape__run') }}),

cutoffs as (
    select as_of as cutoff_date from run
    union distinct
    select period_end as cutoff_date from period_ends
),

summed as (
    select
        days.purchase_order_line_key,
        cutoffs.cutoff_date,
        sum(days.used_quantity) as used_quantity,
        sum(days.received_quantity) as received_quantity,
        sum(days.billed_quantity) as billed_quantity,
        sum(days.posted_quantity) as posted_quantity
    from days
    inner join cutoffs on days.counted_on <= cutoffs.cutoff_date
    group by days.purchase_order_line_key, cutoffs.cutoff_date
),

measured as (
    select
        'purchase_order_line' as entity_type,
        order_lines.source_instance,
        order_lines.native_id,
        summed.*,
        order_lines.match_category,
        order_lines.po_number,
        order_lines.line_number,
        order_lines.legal_entity_code,
        order_lines.facility_code,
        order_lines.supplier_key,
        order_lines.item_key,
        order_lines.currency_code,
        order_lines.cost_center_code,
        order_lines.account_code,
        order_lines.base_uom_code,
        coalesce(classes.expected_order_price, order_lines.order_unit_price) as order_unit_price,
        order_lines.unit_factor,
        order_lines.is_finally_invoiced
        or coalesce(order_lines.po_status = 'CANCELLED' or order_lines.line_status = 'CANCELLED', false) as is_final
    from summed
    inner join order_lines on summed.purchase_order_line_key = order_lines.purchase_order_line_key
    left join classes on summed.purchase_order_line_key = classes.purchase_order_line_key
    union all
    select
        'usage_event' as entity_type,
        unordered.source_instance,
        unordered.native_id,
        cast(null as string) as purchase_order_line_key,
        cutoffs.cutoff_date,
        unordered.used_quantity,
        0 as received_quantity,
        0 as billed_quantity,
        0 as posted_quantity,
        'UNORDERED' as match_category,
        cast(null as string) as po_number,
        cast(null as string) as line_number,
        unordered.legal_entity_code,
        unordered.facility_code,
        unordered.supplier_key,
        unordered.item_key,
        unordered.currency_code,
        cast(null as string) as cost_center_code,
        cast(null as string) as account_code,
        unordered.base_uom_code,
        unordered.unit_price as order_unit_price,
        1 as unit_factor,
        false as is_final
    from unordered
    inner join cutoffs on coalesce(unordered.used_on <= cutoffs.cutoff_date, true)
),

-- What is owed is what was used and is not posted; the supplier's own goods and what fills the shelf again owe nothing.
opened as (
    select
        measured.*,
        case when is_final then 0 else greatest(used_quantity - billed_quantity, 0) end as unbilled_quantity,
        greatest(least(used_quantity, billed_quantity) - posted_quantity, 0) as not_posted_quantity
    from measured
),

final as (
    select
        opened.entity_type,
        opened.source_instance,
        opened.native_id,
        opened.cutoff_date,
        opened.cutoff_date = run.as_of as is_as_of,
        {%- for name in ['purchase_order_line_key', 'match_category', 'po_number', 'line_number', 'legal_entity_code',
            'facility_code', 'supplier_key', 'item_key', 'currency_code', 'cost_center_code', 'account_code',
            'base_uom_code'] %}
        opened.{{ name }},
        {%- endfor %}
        {{ divide('opened.order_unit_price', 'opened.unit_factor', 6) }} as unit_price,
        {%- for name in ['used', 'received', 'billed', 'posted', 'unbilled', 'not_posted'] %}
        {{ quantity('opened.' ~ name ~ '_quantity') }} as {{ name }}_quantity,
        {%- endfor %}
        {{ quantity('opened.unbilled_quantity + opened.not_posted_quantity') }} as liability_quantity,
        case
            when opened.match_category in ('BILL_AND_REPLACE', 'CONSIGNMENT')
                then {{ quantity('opened.received_quantity - opened.used_quantity') }}
        end as stock_quantity,
        {{ extended_price('opened.unbilled_quantity', 'opened') }} as unbilled_amount,
        {{ extended_price('opened.not_posted_quantity', 'opened') }} as not_posted_amount
    from opened
    cross join run
)

select * from final
