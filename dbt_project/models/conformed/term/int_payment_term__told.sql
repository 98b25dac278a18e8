-- One row per code of payment terms that a system defines or uses, with what its own list of terms says of it.
with

defined as (select * from {{ ref('can_payment_term') }} where not is_deleted),

used as (
    {%- for relation in ['can_supplier', 'can_purchase_order', 'can_invoice', 'can_contract'] %}
    select
        source_instance,
        upper(payment_term_code) as payment_term_code
    from {{ ref(relation) }}
    where payment_term_code is not null and not is_deleted
    group by source_instance, upper(payment_term_code)
    union distinct
    {%- endfor %}
    select
        source_instance,
        upper(payment_term_code) as payment_term_code
    from defined
),

listed as (
    select
        defined.*,
        row_number() over (
            partition by source_instance, upper(payment_term_code)
            order by native_id
        ) as preference
    from defined
),

final as (
    select
        used.source_instance,
        used.payment_term_code,
        listed.description,
        listed.discount_share,
        listed.discount_days,
        listed.net_days,
        upper(listed.basis) as basis
    from used
    left join listed
        on
            used.source_instance = listed.source_instance
            and used.payment_term_code = upper(listed.payment_term_code)
            and listed.preference = 1
)

select * from final
