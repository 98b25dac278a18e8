-- One row per contract of the sourcing system, latest version known.
with

latest as ({{ latest_known_version(source('raw_sourcing', 'contract')) }}),

final as (
    select
        contract_number as contract_id,
        contract_number,
        supplier_number as supplier_id,
        upper(contract_type) as contract_type,
        gpo_code,
        upper(price_basis) as price_basis_date,
        markup as distributor_markup,
        upper(status) as status,
        upper(payment_terms) as payment_term_code,
        valid_from,
        valid_to,
        {{ origin_columns('sourcing', known_from='coalesce(updated_at, _known_at)') }}
    from latest
)

select * from final
