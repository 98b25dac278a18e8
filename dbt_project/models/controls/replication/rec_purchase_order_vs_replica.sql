-- One row per approved purchase order, copy and field in which the two differ, in either direction (domain_rules 3.15, R-1).
with

headers as (select * from {{ ref('int_purchase_order__header') }} where state is distinct from 'DRAFT'),
replicas as (select * from {{ ref('int_replica') }} where domain = 'purchase_order'),

scoped as (
    select
        headers.*,
        replicas.master_instance,
        replicas.replica_instance,
        replicas.grace_hours,
        replicas.judged_until,
        cast(headers.approved_at as date) > replicas.history_starts_on as is_expected,
        row_number() over (
            partition by headers.source_instance, headers.native_id, replicas.replica_instance
            order by replicas.master_instance
        ) as pair_rank
    from headers
    inner join replicas
        on
            headers.source_instance in (replicas.master_instance, replicas.replica_instance)
            and coalesce(headers.legal_entity_code = replicas.legal_entity_code, true)
            and {{ in_interval('cast(headers.approved_at as date)', 'replicas.valid_from', 'replicas.valid_to') }}
    where cast(headers.approved_at as date) >= replicas.history_starts_on
),

originals as (select * from scoped where source_instance = master_instance),
copies as (select * from scoped where source_instance = replica_instance and pair_rank = 1),

paired as (
    select
        coalesce(originals.source_instance, copies.source_instance) as source_instance,
        coalesce(originals.native_id, copies.native_id) as native_id,
        coalesce(originals.po_number, copies.po_number) as business_key,
        coalesce(originals.legal_entity_code, copies.legal_entity_code) as legal_entity_code,
        coalesce(originals.supplier_key, copies.supplier_key) as supplier_key,
        coalesce(originals.purchase_order_line_key, copies.purchase_order_line_key) as purchase_order_line_key,
        coalesce(originals.replica_instance, copies.replica_instance) as replica_instance,
        coalesce(originals.grace_hours, copies.grace_hours) as grace_hours,
        coalesce(originals.judged_until, copies.judged_until) as judged_until,
        coalesce(originals.amount, copies.amount) as amount_at_risk,
        coalesce(originals.is_expected, copies.is_expected) as is_expected,
        {%- for name in ['native_id', 'status', 'state', 'supplier_key', 'currency_code', 'line_count', 'amount'] %}
        originals.{{ name }} as left_{{ name }},
        copies.{{ name }} as right_{{ name }},
        {%- endfor %}
        greatest(originals.approved_at, copies.approved_at) as approved_at,
        greatest(originals.changed_at, copies.changed_at) as changed_at
    from originals
    full outer join copies
        on
            originals.replica_instance = copies.replica_instance
            and originals.normalized_po_number = copies.normalized_po_number
            and originals.number_rank = copies.number_rank
            and originals.legal_entity_code is not distinct from copies.legal_entity_code
),

{% set both = 'left_native_id is not null and right_native_id is not null' %}
{% set is_cancelled = "(left_state = 'CANCELLED' or right_state = 'CANCELLED')" %}
{% set status_code = 'case when ' ~ is_cancelled ~ " then 'CANCEL_NOT_REPLICATED' else 'PO_STATUS_DIFFERS' end" %}
{% set alive = both ~ ' and not coalesce(' ~ is_cancelled ~ ', false) and ' %}
{% set fields = [
    ('existence', 'native_id', 'is_expected and not coalesce(' ~ is_cancelled ~ ', false) and not (' ~ both ~ ')',
        "'PO_NOT_REPLICATED'", 'approved_at'),
    ('status', 'status', both ~ ' and (left_state <> right_state or coalesce(' ~ is_cancelled ~ ', false)'
        ~ ' and left_state is distinct from right_state)', status_code, 'changed_at'),
    ('supplier', 'supplier_key', alive ~ 'left_supplier_key <> right_supplier_key', "'PO_VALUE_DIFFERS'", 'changed_at'),
    ('currency', 'currency_code', alive ~ 'left_currency_code <> right_currency_code', "'PO_VALUE_DIFFERS'",
        'changed_at'),
    ('line_count', 'line_count', alive ~ 'left_line_count <> right_line_count', "'PO_VALUE_DIFFERS'", 'changed_at'),
    ('value', 'amount', alive ~ 'abs(left_amount - right_amount) > 0.01', "'PO_VALUE_DIFFERS'", 'changed_at'),
] %}
differing as (
    {%- for field, column, condition, code, moment in fields %}
    select
        paired.*,
        '{{ field }}' as field,
        {{ code }} as code,
        cast(left_{{ column }} as string) as left_value,
        cast(right_{{ column }} as string) as right_value,
        {{ moment }} as moved_at
    from paired
    where {{ condition }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

final as (
    {{ replica_rows('differing', 'purchase_order', told=['purchase_order_line_key'],
        kind="case field when 'status' then 'STATUS' else 'VALUE' end") }}
)

select * from final
