-- One row per receipt line and instance that holds a copy of it: how long the copy took (domain_rules 3.16, K7).
with

receipts as (select * from {{ ref('fct_receipt_line') }} where receipt_type = 'RECEIPT' and not is_synthetic),
source_rows as (select * from {{ ref('fct_source_row') }} where entity = 'receipt_line' and row_role = 'REPLICA'),
copy_lines as (select * from {{ ref('can_receipt_line') }}),

copies as (
    select
        source_rows.fact_key as receipt_line_key,
        source_rows.source_instance as replica_instance,
        max(copy_lines.recorded_at) as copied_at
    from source_rows
    inner join copy_lines on source_rows.source_row_key = copy_lines.receipt_line_key
    where copy_lines.recorded_at is not null
    group by source_rows.fact_key, source_rows.source_instance
),

final as (
    select
        receipts.source_instance,
        receipts.native_id,
        copies.replica_instance,
        receipts.facility_code,
        receipts.recorded_at,
        copies.copied_at,
        {{ divide(seconds_between('receipts.recorded_at', 'copies.copied_at'), '3600', 2) }} as copy_hours
    from receipts
    inner join copies on receipts.receipt_line_key = copies.receipt_line_key
    where receipts.recorded_at is not null
)

select * from final
