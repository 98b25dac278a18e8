-- One row per catalogue (832) that a distributor publishes, in its newest edition and the shape of a contract, latest version known.
with

latest as ({{ latest_known_version(source('raw_distributor', 'catalogue')) }}),

-- Every edition comes under control numbers of its own.
editions as (
    select
        latest.*,
        row_number() over (
            partition by _source_instance, sender, catalogue_number
            order by sent_at desc nulls last, _row_key desc nulls last
        ) as edition
    from latest
),

final as (
    select
        sender,
        receiver,
        interchange_number,
        group_number,
        set_number,
        purpose,
        set_purpose,
        upper(currency) as currency_code,
        {{ native_id(['sender', 'catalogue_number']) }} as contract_id,
        catalogue_number as contract_number,
        coalesce(seller, distributor, supplier, manufacturer, sender) as supplier_id,
        coalesce(seller_name, distributor_name, supplier_name, manufacturer_name) as supplier_name,
        'DISTRIBUTOR' as contract_type,
        'ACTIVE' as status,
        -- Its prices have days of their own, those of earlier editions too.
        cast(null as date) as valid_from,
        cast(null as date) as valid_to,
        {{ origin_columns('distributor', recorded_at='sent_at', known_from='coalesce(sent_at, _known_at)',
            key=native_id(['sender', 'catalogue_number'])) }}
    from editions
    where edition = 1
)

select * from final
