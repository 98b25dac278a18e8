-- One row per address of a supplier of the cloud ERP, with its first telephone number and e-mail.
with

latest as ({{ latest_known_version(source('raw_erp_cloud', 'supplier_address')) }}),
phones as ({{ latest_known_version(source('raw_erp_cloud', 'address_phone')) }}),
emails as ({{ latest_known_version(source('raw_erp_cloud', 'address_email')) }}),

{% for name, value in [('phone', 'phone_number'), ('email', 'email_address')] %}
first_{{ name }} as (
    select
        _source_instance,
        address_id,
        {{ value }}
    from (
        select
            *,
            row_number() over (
                partition by _source_instance, address_id
                order by try_cast(ordinal_number as bigint), person nulls first
            ) as preference
        from {{ name }}s
        where not coalesce(_is_deleted, false) and {{ value }} <> ''
    ) as ordered
    where preference = 1
),
{% endfor %}

reached as (
    select
        latest.*,
        first_phone.phone_number,
        first_email.email_address
    from latest
    left join first_phone
        on latest._source_instance = first_phone._source_instance and latest.address_id = first_phone.address_id
    left join first_email
        on latest._source_instance = first_email._source_instance and latest.address_id = first_email.address_id
),

final as (
    select
        address_id as site_id,
        business_partner as supplier_id,
        'BOTH' as site_type,
        case
            when po_box <> '' then 'PO Box ' || po_box
            else nullif(trim(coalesce(house_number, '') || ' ' || coalesce(street_name, '')), '')
        end as line1,
        city_name as city,
        region,
        postal_code,
        upper(country) as country,
        phone_number as phone,
        email_address as email,
        true as is_active,
        {{ origin_columns('erp_cloud') }}
    from reached
)

select * from final
