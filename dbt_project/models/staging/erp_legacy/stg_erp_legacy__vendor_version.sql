-- One row per version of a vendor of the legacy ERP: what other systems copy from it (domain_rules 3.2).
with

versions as ({{ known_versions(source('raw_erp_legacy', 'vendor')) }}),

final as (
    select
        _source_instance as source_instance,
        _row_key as native_id,
        name1 as legal_name,
        tin as tax_id,
        upper(pymnt_terms_cd) as payment_term_code,
        coalesce(_source_updated_at, _known_at) as changed_at,
        _recency as recency
    from versions
    where not coalesce(_is_deleted, false)
)

select * from final
