-- One row per bill as the supplier itself sent it (810): whether AP holds it, and holds the same amount and quantity.
with

bills as (select * from {{ ref('fct_supplier_bill') }}),
invoices as (select * from {{ ref('fct_invoice') }}),
-- An IT1 segment does not tell goods from services.
invoice_lines as (select * from {{ ref('fct_invoice_line') }} where charge_class in ('GOODS', 'SERVICE')),
instances as (select * from {{ ref('stg_landscape__instance') }}),
records as (
    select source_instance from {{ ref('stg_landscape__system_of_record') }}
    where domain = 'invoice' and write_policy = 'MASTER'
    group by source_instance
),
parameters as (
    select * from {{ ref('stg_landscape__parameter') }}
    where parameter_code = 'REPLICATION_GRACE_HOURS' and document_type = 'INVOICE'
),
run as (select * from {{ ref('stg_landscape__run') }}),

limits as (select coalesce(max(try_cast(value as integer)), 72) as grace_hours from parameters),

-- A bill can only be missed where AP's history reaches, and once AP was read again.
horizon as (
    select
        coalesce(max(instances.history_starts_on), date '0001-01-01') as history_starts_on,
        min(coalesce(instances.last_loaded_at, timestamp '0001-01-01 00:00:00')) as last_loaded_at
    from instances
    inner join records on instances.source_instance = records.source_instance
),

recorded as (
    select
        invoice_key,
        sum(quantity) as goods_quantity
    from invoice_lines
    group by invoice_key
),

compared as (
    select
        bills.*,
        invoices.source_instance as invoice_instance,
        invoices.native_id as invoice_native_id,
        invoices.legal_entity_code,
        invoices.gross_amount as recorded_amount,
        {{ quantity('coalesce(recorded.goods_quantity, 0)') }} as recorded_quantity,
        {{ money('coalesce(invoices.gross_amount, 0) - coalesce(bills.gross_amount, 0)') }} as difference_amount,
        case
            when not bills.is_latest then 'SENT_AGAIN'
            when bills.invoice_key is null and bills.invoice_date < horizon.history_starts_on then 'BEFORE_HISTORY'
            when
                bills.invoice_key is null
                and {{ seconds_between('bills.received_at', 'least(run.as_of_ends_at, horizon.last_loaded_at)') }}
                <= limits.grace_hours * 3600
                then 'AWAITED'
            when bills.invoice_key is null then 'NOT_IN_AP'
            when invoices.is_void then 'VOID_IN_AP'
            when
                invoices.gross_amount is distinct from bills.gross_amount
                or invoices.currency_code <> bills.currency_code
                then 'AMOUNT_DIFFERS'
            when coalesce(recorded.goods_quantity, 0) <> bills.goods_quantity then 'QUANTITY_DIFFERS'
            else 'SAME'
        end as copy_status
    from bills
    cross join run
    cross join limits
    cross join horizon
    left join invoices on bills.invoice_key = invoices.invoice_key
    left join recorded on bills.invoice_key = recorded.invoice_key
),

final as (
    select
        compared.*,
        copy_status in ('NOT_IN_AP', 'VOID_IN_AP', 'AMOUNT_DIFFERS', 'QUANTITY_DIFFERS') as is_open,
        case
            when copy_status in ('NOT_IN_AP', 'VOID_IN_AP', 'AMOUNT_DIFFERS', 'QUANTITY_DIFFERS')
                then 'accounts_payable'
        end as owner_role
    from compared
)

select * from final
