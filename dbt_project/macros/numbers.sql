{#- Money, quantities and the exact decimal division that neither engine offers alike (domain_rules 3.0.1). -#}

{% macro money(expression) -%}
    cast({{ expression }} as decimal(18, 2))
{%- endmacro %}

{% macro quantity(expression) -%}
    cast({{ expression }} as decimal(18, 6))
{%- endmacro %}

{#- numerator / denominator, rounded half up at `scale` places; null when the denominator is null or 0.
    Inputs are decimals with at most 8 places. -#}
{% macro divide(numerator, denominator, scale=6) -%}
    {{ return(adapter.dispatch('divide', 'concord')(numerator, denominator, scale)) }}
{%- endmacro %}

{#- DuckDB divides decimals as doubles; scaled integers keep the result exact. No case for 0: inside one, DuckDB
    computes what occurs twice twice. -#}
{% macro default__divide(numerator, denominator, scale) -%}
    cast(
        cast(
            sign({{ numerator }}) * sign({{ denominator }})
            * (
                (
                    2 * cast(abs(cast({{ numerator }} as decimal(28, 8))) * 100000000 as hugeint)
                    * cast({{ 10 ** scale }} as hugeint)
                    + cast(abs(cast({{ denominator }} as decimal(28, 8))) * 100000000 as hugeint)
                )
                // nullif(2 * cast(abs(cast({{ denominator }} as decimal(28, 8))) * 100000000 as hugeint), 0)
            ) as decimal(28, 0)
        ) * cast({{ '%.*f' | format(scale, 10 ** (0 - scale)) }} as decimal(10, {{ scale }}))
        as decimal(18, {{ scale }})
    )
{%- endmacro %}

{% macro spark__divide(numerator, denominator, scale) -%}
    cast(round(({{ numerator }}) / nullif({{ denominator }}, 0), {{ scale }}) as decimal(18, {{ scale }}))
{%- endmacro %}

{#- The exact percentile of a group, interpolated between neighbours. -#}
{% macro percentile(expression, share) -%}
    {{ return(adapter.dispatch('percentile', 'concord')(expression, share)) }}
{%- endmacro %}

{% macro default__percentile(expression, share) -%}
    quantile_cont({{ expression }}, {{ share }})
{%- endmacro %}

{% macro spark__percentile(expression, share) -%}
    percentile({{ expression }}, {{ share }})
{%- endmacro %}

{#- a * b exactly, at 16 places. DuckDB keeps the product of two 18-digit decimals in 18 digits and overflows;
    Spark cuts the scale of wider ones. Round the result with money() or quantity(). -#}
{% macro product(a, b) -%}
    {{ return(adapter.dispatch('product', 'concord')(a, b)) }}
{%- endmacro %}

{% macro default__product(a, b) -%}
    (cast({{ a }} as decimal(20, 8)) * cast({{ b }} as decimal(18, 8)))
{%- endmacro %}

{% macro spark__product(a, b) -%}
    (cast({{ a }} as decimal(18, 8)) * cast({{ b }} as decimal(18, 8)))
{%- endmacro %}
