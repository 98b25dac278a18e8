{#- Connected components in plain SQL: nodes are numbers, `edges` (node, neighbour) run both ways, and the number of a
    cluster is that of its first node. Labels jump as well as spread, so that four rounds reach across sixteen links.
    `apart` (node, earlier) keeps two nodes of one cluster from being one: the later one stands alone.
    Writes the CTE `name` (node, cluster). -#}
{% macro clustered(name, nodes, edges, apart) -%}
{{ name }}_0 as (
    select
        node,
        node as cluster
    from {{ nodes }}
    group by node
),
{% for round in range(1, 5) %}
{{ name }}_{{ round }} as (
    select
        labels.node,
        least(labels.cluster, min(coalesce(neighbours.cluster, labels.cluster)), min(jumped.cluster)) as cluster
    from {{ name }}_{{ round - 1 }} as labels
    inner join {{ name }}_{{ round - 1 }} as jumped on labels.cluster = jumped.node
    left join {{ edges }} as edges on labels.node = edges.node
    left join {{ name }}_{{ round - 1 }} as neighbours on edges.neighbour = neighbours.node
    group by labels.node, labels.cluster
),
{% endfor %}
{{ name }} as (
    select
        labels.node,
        case when count(others.node) > 0 then labels.node else labels.cluster end as cluster
    from {{ name }}_4 as labels
    left join {{ apart }} as apart on labels.node = apart.node
    left join {{ name }}_4 as others on apart.earlier = others.node and labels.cluster = others.cluster
    group by labels.node, labels.cluster
)
{%- endmacro %}
