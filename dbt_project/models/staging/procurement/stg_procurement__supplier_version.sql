-- One row per version of a supplier of the procurement suite: what other systems copy from it (domain_rules 3.2).
with

versions as ({{ known_versions(source('raw_procurement', 'supplier')) }}),

final as (
    select
        _source_instance as source_instance,
        _row_key as native_id,
        name as legal_name,
        tax_id as tax_id,
        upper(payment_term_code) as payment_term_code,
        coalesce(_source_updated_at, _known_at) as changed_at,
        _recency as recency
    from versions
    where not coalesce(_is_deleted, false)
)

select * from final
