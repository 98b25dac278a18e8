-- One row per contract KPI, month and facility: compliance K4, on-contract spend K5, price and contract variance K11 (domain_rules 3.16).
with

-- A price of another unit is neither dear nor cheap until its unit is right.
compliance as (
    select
        *,
        compliance_code <> 'UOM_MISMATCH' as is_comparable
    from {{ ref('mart_contract_compliance') }}
    where compliance_code <> 'NOT_EVALUATED'
),
-- A credit takes back from the side its bill was on.
matches as (
    select
        *,
        case when invoiced_quantity < 0 then price_variance_amount < 0 else price_variance_amount > 0 end as is_over
    from {{ ref('mart_invoice_match') }}
    where
        price_variance_amount <> 0
        {%- for code in ['DUPLICATE_INVOICE', 'MIXED_CURRENCY', 'LINK_CONFLICT', 'UOM_RATIO'] %}
        and ',' || coalesce(codes, '') || ',' not like '%,{{ code }},%'
        {%- endfor %}
),

ordered as (
    select
        substr(cast(ordered_date as string), 1, 7) as period_code,
        coalesce(facility_code, 'UNKNOWN') as facility_code,
        sum(line_amount) as addressable_amount,
        count(*) as addressable_count,
        sum(case when contract_number is not null then line_amount else 0 end) as contract_amount,
        sum(case when contract_number is not null then 1 else 0 end) as contract_count,
        sum(case when compliance_code = 'COMPLIANT' then line_amount else 0 end) as compliant_amount,
        sum(case when compliance_code = 'COMPLIANT' then 1 else 0 end) as compliant_count,
        sum(case when is_comparable and variance_amount > 0 then variance_amount else 0 end) as over_amount,
        sum(case when is_comparable and variance_amount < 0 then variance_amount else 0 end) as under_amount
    from compliance
    group by substr(cast(ordered_date as string), 1, 7), coalesce(facility_code, 'UNKNOWN')
),

invoiced as (
    select
        substr(cast(invoice_date as string), 1, 7) as period_code,
        coalesce(facility_code, 'UNKNOWN') as facility_code,
        sum(case when is_over then price_variance_amount else 0 end) as over_amount,
        sum(case when is_over then 0 else price_variance_amount end) as under_amount
    from matches
    group by substr(cast(invoice_date as string), 1, 7), coalesce(facility_code, 'UNKNOWN')
),

final as (
    {%- for code, relation, numerator, denominator in [
        ('K4', 'ordered', 'compliant_amount', 'contract_amount'),
        ('K4_LINES', 'ordered', 'compliant_count', 'contract_count'),
        ('K5', 'ordered', 'contract_amount', 'addressable_amount'),
        ('K5_LINES', 'ordered', 'contract_count', 'addressable_count'),
        ('K11_PRICE_OVER', 'invoiced', 'over_amount', '1'), ('K11_PRICE_UNDER', 'invoiced', 'under_amount', '1'),
        ('K11_CONTRACT_OVER', 'ordered', 'over_amount', '1'), ('K11_CONTRACT_UNDER', 'ordered', 'under_amount', '1')] %}
    select
        '{{ code }}' as kpi_code,
        period_code,
        facility_code,
        cast({{ numerator }} as decimal(18, 2)) as numerator,
        cast({{ denominator }} as decimal(18, 2)) as denominator
    from {{ relation }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from final
