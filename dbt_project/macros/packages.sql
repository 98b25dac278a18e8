{#- Numbers of packages and what they hold (domain_rules 3.6: GTIN with modulo 10, weights 3 and 1 from the right). -#}

{#- A GTIN with 14 digits, any other number as it is. -#}
{% macro package_number(expression) -%}
    coalesce({{ gtin_14(expression) }}, {{ expression }})
{%- endmacro %}

{#- VALID, CHECK_DIGIT, or NO_GTIN for what has not 8, 12, 13 or 14 digits; null for no number. -#}
{% macro gtin_verdict(number) -%}
    case
        when {{ number }} is null then null
        when {{ gtin_14(number) }} is null then 'NO_GTIN'
        when
            (
                {%- for place in range(1, 15) %}
                cast(substr({{ gtin_14(number) }}, {{ place }}, 1) as int){{ ' * 3' if place % 2 == 1 }}
                {{- ' +' if not loop.last }}
                {%- endfor %}
            ) % 10 = 0
            then 'VALID'
        else 'CHECK_DIGIT'
    end
{%- endmacro %}

{#- The chain of contents from each row of `packages` down to the item's own number, one level a CTE. `contents` has the
    packages with one content. Writes the CTEs `<name>_0` and so on to `<name>`; `factor` is null once it grows past
    what a factor can hold. Packages nest through eight levels at most: a longer chain goes round. -#}
{% macro package_walk(name, packages, contents) -%}
{{ name }}_0 as (
    select
        source_instance,
        item_id,
        gtin,
        base_gtin,
        contained_gtin as reached_gtin,
        contained_quantity as factor,
        1 as package_level,
        true as is_moving
    from {{ packages }}
),
{% for level in range(1, 9) %}
{{ name }}_{{ level }} as (
    select
        walk.source_instance,
        walk.item_id,
        walk.gtin,
        walk.base_gtin,
        coalesce(inner_pack.contained_gtin, walk.reached_gtin) as reached_gtin,
        case
            when inner_pack.gtin is null then walk.factor
            when {{ product('walk.factor', 'inner_pack.contained_quantity') }} < 10000000000
                then cast({{ product('walk.factor', 'inner_pack.contained_quantity') }} as decimal(18, 8))
        end as factor,
        walk.package_level + case when inner_pack.gtin is null then 0 else 1 end as package_level,
        inner_pack.gtin is not null as is_moving
    from {{ name }}_{{ level - 1 }} as walk
    left join {{ contents }} as inner_pack
        on
            walk.source_instance = inner_pack.source_instance
            and walk.item_id = inner_pack.item_id
            and walk.reached_gtin = inner_pack.gtin
            and (walk.base_gtin is null or walk.reached_gtin <> walk.base_gtin)
),
{% endfor %}
{{ name }} as (select * from {{ name }}_8)
{%- endmacro %}
