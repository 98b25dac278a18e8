-- One row per invoice: its charges and tax, what was expected of them, and what its header leaves unexplained (domain_rules 3.4.6).
with

invoices as (select * from {{ ref('fct_invoice') }} where not is_void),
lines as (select * from {{ ref('fct_invoice_line') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
exemptions as (select * from {{ ref('stg_landscape__tax_exemption') }}),

charged as (
    select
        lines.invoice_key,
        min(order_lines.source_instance || '|' || order_lines.po_id) as order_identity,
        max(order_lines.planned_freight_amount) as planned_freight_amount,
        count(distinct order_lines.currency_code) as order_currency_count,
        sum(case when lines.charge_class in ('TAX_SALES') then lines.line_amount else 0 end) as tax_amount,
        sum(
            case
                when lines.charge_class in ('FREIGHT', 'HANDLING', 'FUEL', 'MINIMUM_ORDER', 'RESTOCK', 'MISC')
                    then lines.line_amount
                else 0
            end
        ) as charge_amount
    from lines
    left join order_lines on lines.purchase_order_line_key = order_lines.purchase_order_line_key
    group by lines.invoice_key
),

exempted as (
    select
        invoices.invoice_key,
        min(case when exemptions.is_exempt then 1 else 0 end) = 1 as is_exempt,
        max(exemptions.rate) as tax_rate
    from invoices
    inner join exemptions
        on
            (exemptions.legal_entity_code is null or exemptions.legal_entity_code = invoices.legal_entity_code)
            and exemptions.region is null
            and exemptions.category is null
            and {{ in_interval('invoices.invoice_date', 'exemptions.valid_from', 'exemptions.valid_to') }}
    group by invoices.invoice_key
),

joined as (
    select
        invoices.invoice_key,
        invoices.source_instance,
        invoices.native_id,
        invoices.invoice_type,
        invoices.invoice_date,
        invoices.merchandise_amount,
        -- A header that only a copy holds has no lines to add up.
        case
            when invoices.is_replica_only and invoices.line_count = 0 then cast(0 as decimal(18, 2))
            else invoices.residual_amount
        end as residual_amount,
        invoices.line_count,
        charged.order_identity,
        coalesce(charged.order_currency_count, 0) > 1 as is_mixed_currency,
        coalesce(charged.planned_freight_amount, 0) as planned_freight_amount,
        {{ money('coalesce(charged.tax_amount, 0) + invoices.header_tax_amount') }} as tax_amount,
        {{ money('coalesce(charged.charge_amount, 0) + invoices.header_freight_amount') }} as charge_amount,
        exempted.is_exempt,
        exempted.tax_rate
    from invoices
    left join charged on invoices.invoice_key = charged.invoice_key
    left join exempted on invoices.invoice_key = exempted.invoice_key
),

final as (
    select
        joined.*,
        cast(sum(joined.charge_amount) over (
            partition by coalesce(joined.order_identity, joined.invoice_key)
            order by joined.invoice_date nulls last, joined.native_id
            rows between unbounded preceding and current row
        ) as decimal(18, 2)) as charges_to_date
    from joined
)

select * from final
