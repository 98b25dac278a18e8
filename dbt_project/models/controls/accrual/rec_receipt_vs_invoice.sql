-- One row per PO line that received or was billed anything: what is open between goods and invoices at as_of, every unit in one class (domain_rules 3.9).
with

order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
billing as (
    select * from {{ ref('int_accrual__billing') }}
    where received_quantity <> 0 or billed_quantity <> 0 or returned_quantity <> 0
),
receipt_lines as (select * from {{ ref('int_accrual__receipt_line') }}),
rates as (select * from {{ ref('can_exchange_rate') }} where not is_deleted),
run as (select * from {{ ref('stg_landscape__run') }}),

uncovered as (
    select
        purchase_order_line_key,
        min(case when unposted_quantity > 0 then business_date end) as oldest_date,
        max(business_date) as newest_date,
        max(ledger_instance) as ledger_instance,
        sum(case when is_copied and is_uncredited and is_past_grace then grni_quantity else 0 end) as missing_quantity
    from receipt_lines
    group by purchase_order_line_key
),

joined as (
    select
        billing.*,
        order_lines.source_instance,
        order_lines.native_id,
        order_lines.po_number,
        order_lines.line_number,
        order_lines.legal_entity_code,
        order_lines.supplier_key,
        order_lines.item_key,
        order_lines.facility_code,
        order_lines.currency_code,
        order_lines.base_uom_code,
        order_lines.order_unit_price,
        order_lines.unit_factor,
        uncovered.ledger_instance,
        case when billing.is_counted then uncovered.missing_quantity end as missing_quantity,
        coalesce(uncovered.oldest_date, billing.uncredited_since, billing.invoiced_on) as open_since,
        coalesce(uncovered.oldest_date, uncovered.newest_date, billing.invoiced_on) as valued_on
    from billing
    inner join order_lines on billing.purchase_order_line_key = order_lines.purchase_order_line_key
    left join uncovered on billing.purchase_order_line_key = uncovered.purchase_order_line_key
),

-- In the landscape's currency where a rate of the day is known, else in the order's.
rated as (
    select
        joined.purchase_order_line_key,
        rates.rate,
        run.currency,
        row_number() over (
            partition by joined.purchase_order_line_key
            order by rates.rate_date desc nulls last, rates.source_instance
        ) as recency
    from joined
    cross join run
    inner join rates
        on
            joined.currency_code = rates.from_currency
            and run.currency = rates.to_currency
            and joined.valued_on >= rates.rate_date
),

final as (
    select
        joined.*,
        run.as_of,
        {{ days_between('joined.open_since', 'run.as_of') }} as open_days,
        coalesce(rated.currency, joined.currency_code) as accrual_currency_code,
        {%- for class in ['grni', 'not_posted', 'credit_expected', 'irng'] %}
        {{ extended_price('joined.' ~ class ~ '_quantity', 'joined', 'coalesce(rated.rate, 1)') }}
            as {{ class }}_amount,
        {%- endfor %}
        case
            when not joined.is_counted then 'NOT_ACCRUED'
            when joined.grni_quantity > 0 then 'GRNI'
            when joined.not_posted_quantity > 0 then 'INVOICED_NOT_POSTED'
            when joined.irng_quantity > 0 then 'IRNG'
            when joined.credit_expected_quantity > 0 then 'CREDIT_EXPECTED'
            else 'SETTLED'
        end as accrual_class
    from joined
    cross join run
    left join rated on joined.purchase_order_line_key = rated.purchase_order_line_key and rated.recency = 1
)

select * from final
