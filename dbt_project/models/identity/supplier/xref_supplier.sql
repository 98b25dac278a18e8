-- One row per supplier record: the golden supplier it belongs to, by exact identifiers and decisions (domain_rules 3.7).
with

records as (select * from {{ ref('int_supplier__record') }}),
pairs as (select * from {{ ref('int_supplier__pair') }}),

referred as (
    select
        right_key as record_key,
        max(case when link_method = 'EXTERNAL_REFERENCE' then 1 else 0 end) as is_adopted
    from pairs
    where is_pointer and link_method in ('EXTERNAL_REFERENCE', 'CROSS_REFERENCE')
    group by right_key
),

-- The first record of a cluster is its anchor: one that was created elsewhere from it, one that others refer to, or one
-- that refers to nobody.
placed as (
    select
        records.*,
        row_number() over (
            order by
                (coalesce(referred.is_adopted, 0) = 0),
                (referred.record_key is null),
                (records.cross_reference_number is not null),
                records.source_instance nulls last,
                records.native_id nulls last
        ) as node
    from records
    left join referred on records.record_key = referred.record_key
),

both_ways as (
    select lefts.node, rights.node as neighbour, pairs.link_method, pairs.is_pointer
    from pairs
    inner join placed as lefts on pairs.left_key = lefts.record_key
    inner join placed as rights on pairs.right_key = rights.record_key
),

stated as (
    select node, neighbour from both_ways where link_method in ('STEWARD', 'EXTERNAL_REFERENCE', 'CROSS_REFERENCE')
),

parted as (select node, neighbour as earlier from both_ways where link_method = 'DISTINCT' and neighbour < node),

-- First what somebody stated, then what tax ids and DUNS numbers add; a decision parts the later of the two each time.
{{ clustered('told', nodes='placed', edges='stated', apart='parted') }},

between_told as (
    select lefts.cluster as node, rights.cluster as neighbour, both_ways.link_method
    from both_ways
    inner join told as lefts on both_ways.node = lefts.node
    inner join told as rights on both_ways.neighbour = rights.node
    where lefts.cluster <> rights.cluster
    group by lefts.cluster, rights.cluster, both_ways.link_method
),

inferred as (
    select node, neighbour from between_told where link_method in ('TAX_ID_AND_NAME', 'DUNS_AND_NAME')
),

told_parted as (
    select node, neighbour as earlier from between_told where link_method = 'DISTINCT' and neighbour < node
),

{{ clustered(
    'known', nodes='(select cluster as node from told) as clusters', edges='inferred', apart='told_parted'
) }},

members as (
    select told.node, known.cluster
    from told
    inner join known on told.cluster = known.node
),

linked as (
    select
        both_ways.node,
        min(
            case
                when both_ways.link_method = 'STEWARD' then 1
                when both_ways.link_method = 'EXTERNAL_REFERENCE' and both_ways.is_pointer then 2
                when both_ways.link_method = 'CROSS_REFERENCE' and both_ways.is_pointer then 3
                when both_ways.link_method = 'TAX_ID_AND_NAME' then 4
                when both_ways.link_method = 'DUNS_AND_NAME' then 5
            end
        ) as strength
    from both_ways
    inner join members as own on both_ways.node = own.node
    inner join members as others on both_ways.neighbour = others.node and own.cluster = others.cluster
    group by both_ways.node
),

final as (
    select
        placed.source_instance,
        placed.source_system,
        placed.native_id,
        anchors.record_key as supplier_key,
        case
            when placed.node = members.cluster then 'SELF'
            when linked.strength = 1 then 'STEWARD'
            when linked.strength = 2 then 'EXTERNAL_REFERENCE'
            when linked.strength = 4 then 'TAX_ID_AND_NAME'
            when linked.strength = 5 then 'DUNS_AND_NAME'
            else 'CROSS_REFERENCE'
        end as link_method,
        cast(1 as decimal(18, 6)) as confidence,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to,
        placed.valid_tax_id,
        placed.duns,
        placed.normalized_name
    from placed
    inner join members on placed.node = members.node
    inner join placed as anchors on members.cluster = anchors.node
    left join linked on placed.node = linked.node
)

select * from final
