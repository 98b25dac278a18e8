-- One row per item record: the golden item it belongs to, by item number, then by the first step of the ladder that finds one record.
{% set phases = [
    ('item_number', 'by_identifier', "link_status = 'LINKED' and link_method = 'IDENTIFIER'"),
    ('by_identifier', 'by_part', "link_status = 'LINKED'"),
    ('by_part', 'by_decision', "link_status = 'SAME'"),
] %}
with

records as (select * from {{ ref('int_item__record') }}),
candidates as (select * from {{ ref('int_item__candidate') }}),

placed as (
    select
        record_key,
        source_instance,
        native_id,
        number_key,
        identifier,
        row_number() over (order by source_instance nulls last, native_id nulls last) as node
    from records
),

item_number as (
    select
        placed.*,
        anchors.node as cluster
    from placed
    inner join placed as anchors on placed.number_key = anchors.record_key
),
{% for before, after, condition in phases %}
{{ after }}_between as (
    select
        lefts.cluster as node,
        rights.cluster as neighbour,
        max(case when {{ condition }} then 1 else 0 end) = 1 as is_edge,
        max(case when candidates.link_status = 'DISTINCT' then 1 else 0 end) = 1 as is_apart
    from candidates
    inner join {{ before }} as lefts on candidates.left_key = lefts.record_key
    inner join {{ before }} as rights on candidates.right_key = rights.record_key
    where lefts.cluster <> rights.cluster
    group by lefts.cluster, rights.cluster
),

{{ clustered(
    after ~ '_reached', nodes='(select cluster as node from ' ~ before ~ ') as clusters',
    edges='(select node, neighbour from ' ~ after ~ '_between where is_edge)',
    apart='(select node, neighbour as earlier from ' ~ after ~ '_between where is_apart and neighbour < node)'
) }},

-- Steps that together make one item of two records of an instance, or of two identifiers of an agency, are all wrong.
{{ after }}_broken as (
    select reached.cluster
    from {{ before }} as members
    inner join {{ after }}_reached as reached on members.cluster = reached.node
    group by reached.cluster
    having
        {{ 'false' if loop.last else "
        count(*) > count(distinct members.source_instance)
        or count(distinct members.identifier) > count(distinct split_part(members.identifier, ' ', 1))" }}
),

{{ after }} as (
    select
        members.record_key,
        members.source_instance,
        members.native_id,
        members.number_key,
        members.identifier,
        members.node,
        case when broken.cluster is null then reached.cluster else members.cluster end as cluster
    from {{ before }} as members
    inner join {{ after }}_reached as reached on members.cluster = reached.node
    left join {{ after }}_broken as broken on reached.cluster = broken.cluster
),
{% endfor %}

-- How the records of one item number came to the item: by the first step that joined one of them.
joined as (
    select
        lefts.number_key,
        min(
            case candidates.link_method
                when 'IDENTIFIER' then 1
                when 'PART_NUMBER' then 2
                when 'PART_NUMBER_ZEROS' then 3
                when 'PART_NUMBER_TAG' then 4
                when 'SUPPLIER_PART' then 5
                else 6
            end
        ) as step
    from candidates
    inner join by_decision as lefts on candidates.left_key = lefts.record_key
    inner join by_decision as rights on candidates.right_key = rights.record_key and lefts.cluster = rights.cluster
    where candidates.link_status in ('LINKED', 'SAME')
    group by lefts.number_key
),

final as (
    select
        members.source_instance,
        members.native_id,
        anchors.record_key as item_key,
        case
            when members.node = members.cluster then 'SELF'
            when members.number_key = anchors.record_key then 'ITEM_NUMBER'
            when joined.step = 1 then 'IDENTIFIER'
            when joined.step = 2 then 'PART_NUMBER'
            when joined.step = 3 then 'PART_NUMBER_ZEROS'
            when joined.step = 4 then 'PART_NUMBER_TAG'
            when joined.step = 5 then 'SUPPLIER_PART'
            else 'STEWARD'
        end as link_method
    from by_decision as members
    inner join placed as anchors on members.cluster = anchors.node
    left join joined on members.number_key = joined.number_key
)

select * from final
