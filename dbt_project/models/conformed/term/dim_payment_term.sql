-- One row per code of payment terms of a system: what it means, read from its numbers, its description or itself (domain_rules 3.6.4).
with

told as (
    select
        *,
        {{ term_text('description') }} as description_text,
        {{ term_text('payment_term_code') }} as code_text
    from {{ ref('int_payment_term__told') }}
),

{% set parts = ['discount_share', 'discount_days', 'net_days', 'proximo_day', 'basis'] %}
parted as (
    select
        told.*,
        {%- for source in ['description', 'code'] %}
        {%- for part in parts %}
        {{ term_part('told.' ~ source ~ '_text', part) }} as {{ source }}_{{ part }},
        {%- endfor %}
        {%- endfor %}
        coalesce(told.net_days >= 0 and coalesce(told.basis in ('INVOICE_DATE', 'RECEIPT_DATE', 'EOM'), true), false)
            as is_stated
    from told
),

-- A system's numbers come first, then its words, then the code itself.
chosen as (
    select
        parted.*,
        case
            when is_stated then 'STATED'
            when coalesce(description_net_days, description_proximo_day, description_basis) is not null
                then 'DESCRIPTION'
            when description is null and coalesce(code_net_days, code_proximo_day, code_basis) is not null then 'CODE'
        end as parsed_from
    from parted
),

parsed as (
    select
        chosen.*,
        {%- for part in parts if part != 'basis' %}
        case parsed_from
            when 'DESCRIPTION' then cast(description_{{ part }} as decimal(18, 6))
            when 'CODE' then cast(code_{{ part }} as decimal(18, 6))
        end as read_{{ part }},
        {%- endfor %}
        case parsed_from when 'DESCRIPTION' then description_basis when 'CODE' then code_basis end as read_basis
    from chosen
),

united as (
    select
        source_instance,
        payment_term_code,
        description,
        parsed_from,
        cast(
            coalesce(case when is_stated then discount_share else read_discount_share * 0.01 end, 0) as decimal(18, 6)
        ) as discount_share,
        case when is_stated then discount_days else read_discount_days end as discount_days,
        case
            when is_stated then net_days
            when read_proximo_day is null then coalesce(read_net_days, 0)
        end as net_days,
        case
            when is_stated then coalesce(basis, 'INVOICE_DATE')
            when read_basis in ('ROG', 'COD') then 'RECEIPT_DATE'
            when read_basis = 'EOM' or read_proximo_day is not null then 'EOM'
            else 'INVOICE_DATE'
        end as basis,
        case when not is_stated then read_proximo_day end as proximo_day
    from parsed
),

-- Nobody means a discount of a fifth, one that ends after the bill is due, or the 40th of a month.
checked as (
    select
        united.*,
        parsed_from is not null
        and discount_share < 0.2
        and (discount_share = 0 or coalesce(discount_days >= 0, false))
        and coalesce(discount_share = 0 or discount_days <= net_days, true)
        and coalesce(proximo_day between 1 and 31, true) as is_parsed
    from united
),

final as (
    select
        {{ concord_key(['source_instance', 'payment_term_code']) }} as payment_term_key,
        source_instance,
        payment_term_code,
        description,
        is_parsed,
        case when is_parsed then parsed_from end as parsed_from,
        case when is_parsed then cast(discount_share as decimal(18, 6)) end as discount_share,
        case when is_parsed and discount_share > 0 then cast(discount_days as bigint) end as discount_days,
        case when is_parsed then cast(net_days as bigint) end as net_days,
        case when is_parsed then basis end as basis,
        case when is_parsed then cast(proximo_day as bigint) end as proximo_day,
        case
            when is_parsed
                then cast(coalesce(net_days, proximo_day) + case when basis = 'EOM' then 15 else 0 end as bigint)
        end as usual_days,
        case when is_parsed then {{ term_words() }} end as standard_text
    from checked
)

select * from final
