-- One row per current finding that compares with a tolerance: the limits it was held against and whom they are for (domain_rules 3.4.8).
with

findings as (select * from {{ ref('int_finding__current') }}),
codes as (select * from {{ ref('exception_code') }} where tolerance_check is not null),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
{%- set columns = 'check_code, lower_abs, lower_pct, upper_abs, upper_pct, combine, scope' %}

rules as (
    select purchase_order_line_key as subject_key, {{ columns }} from {{ ref('int_purchase_order_line__tolerance') }}
    union all
    select invoice_key as subject_key, {{ columns }} from {{ ref('int_invoice__tolerance') }}
),

compared as (
    select
        findings.entity_type,
        findings.source_instance,
        findings.native_id,
        findings.code,
        case when findings.entity_type = 'invoice' then findings.invoice_key else findings.purchase_order_line_key end
            as subject_key,
        case
            when codes.tolerance_check = 'PRICE' and order_lines.is_price_estimated then 'PRICE_ESTIMATED'
            else codes.tolerance_check
        end as check_code
    from findings
    inner join codes on findings.code = codes.code
    left join order_lines on findings.purchase_order_line_key = order_lines.purchase_order_line_key
),

-- Where no row fits nothing is tolerated, and the evidence shows no limits.
final as (
    select
        compared.entity_type,
        compared.source_instance,
        compared.native_id,
        compared.code,
        compared.check_code,
        case when compared.code = 'PRICE_UNDER' then rules.lower_abs else rules.upper_abs end as limit_amount,
        case when compared.code = 'PRICE_UNDER' then rules.lower_pct else rules.upper_pct end as limit_share,
        rules.combine,
        rules.scope
    from compared
    left join rules on compared.subject_key = rules.subject_key and compared.check_code = rules.check_code
)

select * from final
