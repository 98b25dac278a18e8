-- One row per order sent by EDI and what became of it on the way, and per answer (997) to what was never sent.
with

transmissions as (select * from {{ ref('rec_transaction_set_vs_functional_acknowledgement') }}),
suppliers as (select * from {{ ref('dim_supplier') }}),

final as (
    select
        transmissions.source_instance,
        transmissions.native_id,
        transmissions.partner_id,
        suppliers.supplier_name,
        transmissions.po_number,
        transmissions.order_amount,
        transmissions.set_code,
        transmissions.group_number,
        transmissions.set_number,
        transmissions.sent_at,
        transmissions.acknowledged_at,
        transmissions.transmission_status,
        transmissions.error_code,
        case transmissions.transmission_status
            when 'MISSING'
                then 'No 997 came in time: nobody knows that the order arrived. Ask the partner; if not, send it again.'
            when 'REJECTED' then 'The partner could not read the order and will not deliver. Mend it and send it again.'
            when 'PARTLY_ACCEPTED' then 'The partner read only a part of the group and names no order. Ask which.'
            when 'ACCEPTED_WITH_ERRORS' then 'The partner took the order and found faults in it. Have them explained.'
            when 'NEVER_SENT' then 'The partner answers what was never sent. Ask what he got, and from whom.'
        end as remark,
        transmissions.owner_role,
        transmissions.is_open
    from transmissions
    left join suppliers on transmissions.supplier_key = suppliers.supplier_key
)

select * from final
