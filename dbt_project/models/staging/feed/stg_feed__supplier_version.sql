-- One row per version of a supplier record of a feed: what other systems copy from it (domain_rules 3.2).
with

versions as ({{ known_versions(source('raw_feed', 'supplier')) }}),

final as (
    select
        _source_instance as source_instance,
        _row_key as native_id,
        legal_name as legal_name,
        tax_id as tax_id,
        upper(payment_term_code) as payment_term_code,
        coalesce(_source_updated_at, _known_at) as changed_at,
        _recency as recency
    from versions
    where not coalesce(_is_deleted, false)
)

select * from final
