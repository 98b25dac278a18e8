{#- Does `price` (per order unit of `factor` base units) reproduce `expected`, which was stated per `expected_factor` base
    units? Within half a cent in the smaller of the two units, or 0.05 % of what is expected (domain_rules 3.8). -#}
{% macro reproduces(price, expected, factor, expected_factor) -%}
    (
        {{ product('abs(' ~ price ~ ' - ' ~ expected ~ ')', expected_factor) }}
        <= {{ product('greatest(' ~ factor ~ ', ' ~ expected_factor ~ ')', '0.005') }}
        or abs({{ price }} - {{ expected }}) <= {{ product(expected, '0.0005') }}
    )
{%- endmacro %}
