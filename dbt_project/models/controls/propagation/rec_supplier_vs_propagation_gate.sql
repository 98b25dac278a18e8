-- One row per golden supplier, target and attribute group: does the group pass, and if not, why (domain_rules 3.6.7).
with

suppliers as (select * from {{ ref('dim_supplier') }} where status = 'ACTIVE'),
failures as (select * from {{ ref('int_propagation__failure') }}),
owners as (select * from {{ ref('stg_landscape__system_of_record') }} where domain = 'supplier'),
instances as (select * from {{ ref('stg_landscape__instance') }} where source_system = 'erp_cloud'),

targets as (
    select instances.source_instance as target_instance
    from instances
    inner join owners on instances.source_instance = owners.source_instance
    where owners.write_policy = 'MASTER'
    group by instances.source_instance
),

groups as (
    {%- for group in ['identity', 'tax', 'bank', 'terms', 'diversity', 'screening'] %}
    select '{{ group }}' as attribute_group
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

failed as (
    select
        supplier_key,
        target_instance,
        attribute_group,
        {{ joined('gate_code', 'gate_code') }} as gate_codes
    from failures
    group by supplier_key, target_instance, attribute_group
),

final as (
    select
        suppliers.supplier_key,
        suppliers.supplier_name,
        targets.target_instance,
        groups.attribute_group,
        failed.supplier_key is null as is_passed,
        failed.gate_codes,
        -- A supplier is created only when all of its groups pass.
        count(failed.supplier_key) over (partition by suppliers.supplier_key, targets.target_instance) = 0
            as may_propagate
    from suppliers
    cross join targets
    cross join groups
    left join failed
        on
            suppliers.supplier_key = failed.supplier_key
            and targets.target_instance = failed.target_instance
            and groups.attribute_group = failed.attribute_group
)

select * from final
