-- One row per canonical receipt line: the PO line it belongs to, and whether it is the fact or a replica.
with

receipts as (select * from {{ ref('can_receipt_line') }} where not is_deleted),
order_lines as (select * from {{ ref('int_purchase_order_line__document') }}),
item_keys as (select * from {{ ref('xref_item') }}),
units as (select * from {{ ref('xref_unit') }}),
instances as (select * from {{ ref('stg_landscape__instance') }}),
run as (select * from {{ ref('stg_landscape__run') }}),
records as (select * from {{ ref('stg_landscape__system_of_record') }} where domain = 'receipt'),
facts as (select * from order_lines where is_fact),

by_line_id as (
    select receipts.receipt_line_key, facts.purchase_order_line_key
    from receipts
    inner join order_lines
        on receipts.source_instance = order_lines.source_instance and receipts.po_line_id = order_lines.native_id
    inner join facts on order_lines.document_identity = facts.document_identity
),

-- A PO number that two legal entities use is no link: it must name one line of those the instance serves.
by_number as (
    select
        receipts.receipt_line_key,
        min(facts.purchase_order_line_key) as purchase_order_line_key
    from receipts
    left join instances on receipts.source_instance = instances.source_instance
    inner join facts
        on
            {{ may_serve('instances.legal_entities', 'facts.legal_entity_code') }}
            and {{ normalized_number('receipts.po_number') }} = facts.normalized_po_number
            and {{ normalized_number('receipts.po_line_number') }} = facts.normalized_line_number
    where receipts.po_number is not null and receipts.po_line_number is not null
    group by receipts.receipt_line_key
    having count(*) = 1
),

joined as (
    select
        receipts.receipt_line_key,
        receipts.source_instance,
        receipts.native_id,
        coalesce(by_line_id.purchase_order_line_key, by_number.purchase_order_line_key) as purchase_order_line_key,
        item_keys.item_key,
        units.uom_code,
        stock_units.uom_code as stock_uom_code,
        coalesce(receipts.posting_date, receipts.receipt_date) as business_date,
        coalesce(receipts.posting_date, receipts.receipt_date) <= run.as_of as is_as_of,
        case
            when receipts.receipt_number is null then receipts.source_instance || '|' || receipts.native_id
            else
                {{ normalized_number('receipts.receipt_number') }}
                || '|' || coalesce(cast(receipts.line_number as string), receipts.native_id)
                || '|' || coalesce(
                    by_line_id.purchase_order_line_key, by_number.purchase_order_line_key,
                    'order ' || nullif({{ normalized_number('receipts.po_number') }}, '') || '|'
                    || {{ normalized_number('receipts.po_line_number') }},
                    receipts.source_instance
                )
        end as document_identity
    from receipts
    cross join run
    left join by_line_id on receipts.receipt_line_key = by_line_id.receipt_line_key
    left join by_number on receipts.receipt_line_key = by_number.receipt_line_key
    left join item_keys
        on receipts.source_instance = item_keys.source_instance and receipts.item_id = item_keys.native_id
    left join units on receipts.source_instance = units.source_instance and receipts.uom_code = units.source_code
    left join units as stock_units
        on receipts.source_instance = stock_units.source_instance and receipts.stock_uom_code = stock_units.source_code
),

declared as (
    select
        joined.receipt_line_key,
        max(case when records.write_policy = 'MASTER' then 1 else 0 end) as is_of_record
    from joined
    left join facts on joined.purchase_order_line_key = facts.purchase_order_line_key
    inner join records
        on
            joined.source_instance = records.source_instance
            and (records.entity_scope is null or records.entity_scope = facts.legal_entity_code)
            and {{ in_interval('joined.business_date', 'records.valid_from', 'records.valid_to') }}
    group by joined.receipt_line_key
),

-- Within one instance every row is its own document; the identity only finds the same document in another instance.
placed as (
    select
        joined.*,
        coalesce(declared.is_of_record = 0, false) as is_replica_only,
        first_value(joined.source_instance) over identity_order as fact_instance,
        first_value(joined.receipt_line_key) over identity_order as foremost_key
    from joined
    left join declared on joined.receipt_line_key = declared.receipt_line_key
    window identity_order as (
        partition by joined.document_identity
        order by (coalesce(declared.is_of_record, 0) = 0), joined.source_instance, joined.native_id
    )
),

final as (
    select
        receipt_line_key,
        source_instance,
        native_id,
        purchase_order_line_key,
        item_key,
        uom_code,
        stock_uom_code,
        business_date,
        document_identity,
        is_as_of,
        case when source_instance = fact_instance then receipt_line_key else foremost_key end as fact_key,
        source_instance = fact_instance as is_fact,
        is_replica_only
    from placed
)

select * from final
