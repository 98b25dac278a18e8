-- One row per contract of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'contract')) }}),

final as (
    select
        contract_id,
        contract_number,
        supplier_id,
        upper(contract_type) as contract_type,
        gpo_code,
        upper(price_basis_date) as price_basis_date,
        distributor_markup,
        upper(status) as status,
        upper(payment_term_code) as payment_term_code,
        valid_from,
        valid_to,
        {{ origin_columns('feed') }}
    from latest
)

select * from final
